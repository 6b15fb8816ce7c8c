//! The books of a node: what has become of every row that entered it.

use egui::Ui;
use tidemark_engine::node::RowAccount;

use crate::ui_kit::format::count;
use crate::ui_kit::widgets::{key_value, section_header};
use crate::ui_kit::{Tokens, t};

/// Shows every term that is not zero, their sum, and what is counted besides.
pub(super) fn ui(account: &RowAccount, ui: &mut Ui) {
    section_header(ui, t("metric.books"), |_| {});
    for (name, n) in terms(account).into_iter().filter(|(_, n)| *n > 0) {
        key_value(ui, name, &count(n));
    }
    ui.add_space(Tokens::of(ui).spacing.xs);
    ui.separator();
    key_value(ui, t("metric.sum"), &count(account.rows_in)).on_hover_text(t("tip.sum"));
    let besides = [
        (t("metric.late_assignments"), account.late_assignments, t("tip.late_assignments")),
        (t("metric.future_skewed"), account.future_skewed, t("tip.future_skewed")),
    ];
    for (name, n, tip) in besides.into_iter().filter(|(_, n, _)| *n > 0) {
        key_value(ui, name, &count(n)).on_hover_text(tip);
    }
}

/// What rows in is the sum of. What is in the middle of a batch has not been counted as anything yet.
fn terms(account: &RowAccount) -> Vec<(&'static str, u64)> {
    let mut terms = vec![
        (t("metric.used"), account.used),
        (t("metric.filtered"), account.filtered),
        (t("metric.late_rows"), account.late),
        (t("metric.rejected_rows"), account.rejected),
        (t("metric.expired"), account.expired),
        (t("metric.discarded"), account.discarded),
        (t("metric.buffered"), u64::try_from(account.buffered).unwrap_or(0)),
    ];
    let counted: u64 = terms.iter().map(|(_, n)| n).sum();
    terms.push((t("metric.under_way"), account.rows_in.saturating_sub(counted)));
    terms
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    const ACCOUNT: RowAccount = RowAccount {
        rows_in: 1_111_111,
        used: 1_000_000,
        late: 100_000,
        rejected: 10_000,
        filtered: 1_000,
        expired: 100,
        discarded: 10,
        buffered: 1,
        late_assignments: 7,
        future_skewed: 3,
        pruned: 0,
        fired_timers: 0,
        state_entries: 0,
    };

    #[test]
    fn the_terms_add_up_to_the_rows_that_entered() {
        ACCOUNT.check().expect("it balances");
        let in_a_batch = RowAccount { rows_in: ACCOUNT.rows_in + 5, ..ACCOUNT };
        for account in [ACCOUNT, in_a_batch, RowAccount::default()] {
            assert_eq!(terms(&account).iter().map(|(_, n)| n).sum::<u64>(), account.rows_in);
        }
    }

    #[test]
    fn every_term_that_is_not_zero_is_shown() {
        let shown = test_harness(|ui| self::ui(&ACCOUNT, ui));
        for n in ["1,111,111", "1,000,000", "100,000", "10,000", "1,000", "100", "10", "1", "7", "3"] {
            shown.get_by_label(n);
        }
        let shown =
            test_harness(|ui| self::ui(&RowAccount { rows_in: 2, used: 2, ..RowAccount::default() }, ui));
        assert!(shown.query_by_label("Expired").is_none() && shown.query_by_label("0").is_none());
    }
}
