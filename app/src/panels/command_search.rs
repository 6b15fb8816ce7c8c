//! Searching all commands by what they are called.

use egui::{Color32, Context, vec2};
use egui_node_graph::{Finder, FinderItem, FinderOutcome, GraphStyle, Labels};

use crate::app::SAMPLES;
use crate::command::{Action, Command, Commands};
use crate::state::{AppState, FlowNumber, RecentFile};
use crate::ui_kit::{Theme, Tokens, t, t_args};

/// The search, while it is open.
#[derive(Default)]
pub struct CommandSearch {
    finder: Option<Finder>,
    known: Option<Known>,
}

/// What can be found, and of what that was made.
struct Known {
    of: Basis,
    items: Vec<FinderItem<Choice>>,
}

/// What decides what can be found.
#[derive(PartialEq)]
struct Basis {
    flow: (FlowNumber, u64),
    /// What can be done, and what it is called now.
    actions: Vec<(Action, String)>,
    recent: Vec<RecentFile>,
    layouts: Vec<String>,
    accent: Color32,
}

impl Basis {
    fn of(state: &AppState, tokens: &Tokens) -> Basis {
        let possible = Action::ALL.iter().filter(|action| action.is_enabled(state));
        Basis {
            flow: (state.open.number, state.open.document.revision()),
            actions: possible.map(|action| (*action, action.text(state))).collect(),
            recent: state.recent.clone(),
            layouts: state.workspace.named.keys().cloned().collect(),
            accent: tokens.colors.accent.text,
        }
    }
}

impl CommandSearch {
    /// Opens the search in the upper middle of the window.
    pub fn open(&mut self, ctx: &Context) {
        let at = ctx.content_rect().center_top() + vec2(-170.0, 72.0);
        self.finder = Some(Finder::new("commands", at));
    }

    /// Shows the search, if it is open.
    pub fn ui(&mut self, state: &AppState, ctx: &Context, commands: &mut Commands) {
        let Some(finder) = &mut self.finder else {
            self.known = None;
            return;
        };
        let tokens = Tokens::of_context(ctx);
        let colors = &tokens.colors;
        let style = GraphStyle {
            popup: colors.surface.raised,
            popup_selected: colors.accent.soft,
            tile_border: colors.surface.outline,
            shadow: colors.shadow.popup,
            text: colors.text.strong,
            text_secondary: colors.text.dim,
            text_size: tokens.type_scale.small,
            title_size: tokens.type_scale.body,
            ..GraphStyle::dark()
        };
        let labels = Labels {
            finder_hint: t("commands.hint").to_owned(),
            finder_search: t("commands.search").to_owned(),
            finder_empty: t("commands.nothing").to_owned(),
            finder_more: t("finder.more").to_owned(),
            ..Labels::default()
        };
        let of = Basis::of(state, tokens);
        if self.known.as_ref().is_none_or(|known| known.of != of) {
            let items = items(&of, state, ctx);
            self.known = Some(Known { of, items });
            finder.refresh();
        }
        let items = self.known.as_ref().map_or(&[][..], |known| &known.items);
        match finder.show(ctx, items, |_| true, &style, &labels) {
            FinderOutcome::Open => {}
            FinderOutcome::Closed => self.finder = None,
            FinderOutcome::Chosen { id, .. } => {
                self.finder = None;
                commands.push(match id {
                    Choice::Do(action) => Command::Do(action),
                    Choice::Sample(number) => Command::OpenSample(number),
                    Choice::Recent(number) => {
                        let file = state.recent.get(number).map(|file| file.path.clone());
                        file.map_or(Command::DismissBanner, Command::OpenRecent)
                    }
                    Choice::Theme(theme) => Command::SetTheme(theme),
                    Choice::Layout(number, keep) => {
                        let name = state.workspace.named.keys().nth(number).cloned().unwrap_or_default();
                        if keep { Command::UseLayout(name) } else { Command::ForgetLayout(name) }
                    }
                    Choice::Node(number) => {
                        let node = state.open.document.flow().nodes.keys().nth(number).cloned();
                        node.map_or(Command::DismissBanner, Command::Reveal)
                    }
                });
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Choice {
    Do(Action),
    Sample(usize),
    /// A recent file by its number.
    Recent(usize),
    Theme(Theme),
    /// A layout by its number, to be used or else forgotten.
    Layout(usize, bool),
    Node(usize),
}

/// Everything that can be found. Nodes come last, for there may be very many.
fn items(of: &Basis, state: &AppState, ctx: &Context) -> Vec<FinderItem<Choice>> {
    let item =
        |id, title: String, category: &str, description: &str, keywords: String, icon: Option<char>| {
            FinderItem {
                id,
                title,
                category: category.to_owned(),
                description: description.to_owned(),
                keywords,
                icon: icon.map(String::from).unwrap_or_default(),
                accent: of.accent,
                bonus: 0,
            }
        };
    let actions = of.actions.iter().map(|(action, text)| {
        let keys = action.keys_text(ctx);
        let sentence = if keys.is_empty() {
            action.tooltip().to_owned()
        } else {
            format!("{keys} · {}", action.tooltip())
        };
        let icon = action.icon().map(crate::ui_kit::Icon::glyph);
        item(Choice::Do(*action), text.clone(), t("commands.title"), &sentence, String::new(), icon)
    });
    let nodes = state.open.document.flow().nodes.keys().enumerate().map(|(number, node)| {
        item(
            Choice::Node(number),
            state.title(node),
            t("commands.nodes"),
            t("problems.show"),
            node.to_string(),
            None,
        )
    });
    let samples = SAMPLES.iter().enumerate().map(|(number, sample)| {
        item(
            Choice::Sample(number),
            sample.name().to_owned(),
            t("help.samples"),
            sample.sentence(),
            String::new(),
            None,
        )
    });
    let recent = of.recent.iter().enumerate().map(|(number, file)| {
        let icon = crate::ui_kit::Icon::File.glyph();
        let (title, folder) = (file.name(), file.folder());
        item(Choice::Recent(number), title, t("recent.title"), &folder, String::new(), Some(icon))
    });
    let themes = [
        (Theme::System, t("view.theme_system")),
        (Theme::Light, t("view.theme_light")),
        (Theme::Dark, t("view.theme_dark")),
    ];
    let themes = themes.into_iter().map(|(theme, text)| {
        let title = format!("{} · {text}", t("view.theme"));
        item(Choice::Theme(theme), title, t("menu.view"), "", String::new(), None)
    });
    let layouts = of.layouts.iter().enumerate().flat_map(|(number, name)| {
        [(true, "layout.use_named"), (false, "layout.forget_named")].map(|(keep, text)| {
            let title = t_args(text, &[("name", name)]);
            item(Choice::Layout(number, keep), title, t("layout.title"), "", String::new(), None)
        })
    });
    actions.chain(themes).chain(layouts).chain(recent).chain(samples).chain(nodes).collect()
}
