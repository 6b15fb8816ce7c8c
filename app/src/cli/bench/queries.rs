//! The queries: each as a flow, as SQL for DuckDB and as an expression for Polars. Adding one is one entry here.

use serde_json::{Value, json};

use super::data::{COLUMNS, Form};

/// What a column of a result holds, which decides how it is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Whole numbers, decimals, and times as milliseconds since the epoch: their sum.
    Numbers,
    /// Timestamps: the greatest in a run that is measured, for not every engine adds them up for nothing; their sum in milliseconds in
    /// the one that is not.
    Times,
    /// Texts: the sum of their lengths in bytes.
    Texts,
}

/// A query over bids.
pub(super) struct Query {
    /// Its name in Nexmark.
    pub(super) name: &'static str,
    /// What it asks.
    pub(super) about: &'static str,
    /// The columns of bids that it reads.
    pub(super) columns: &'static [&'static str],
    /// The columns of its result that are compared.
    pub(super) results: &'static [(&'static str, Holds)],
    /// The nodes between watermarks and sink, each wired to the one before, as a JSON array.
    nodes: &'static str,
    /// The query for DuckDB; `{bid}` stands for the bids.
    pub(super) sql: &'static str,
    /// The query for Polars, a lazy frame made of the lazy frame `bid`; `c` is `pl.col`.
    pub(super) polars: &'static str,
}

use Holds::{Numbers, Texts, Times};

/// Every query, in the order in which they run.
pub(super) static QUERIES: [Query; 6] = [
    Query {
        name: "q0",
        about: "every bid, five columns of it",
        columns: &["auction", "bidder", "price", "date_time", "extra"],
        results: &[
            ("auction", Numbers),
            ("bidder", Numbers),
            ("price", Numbers),
            ("date_time", Times),
            ("extra", Texts),
        ],
        nodes: r#"[{"id": "columns", "kind": "select", "params": {"columns": [
            {"expression": "auction"}, {"expression": "bidder"}, {"expression": "price"}, {"expression": "date_time"},
            {"expression": "extra"}]}}]"#,
        sql: "select auction, bidder, price, date_time, extra from {bid}",
        polars: "bid.select('auction', 'bidder', 'price', 'date_time', 'extra')",
    },
    Query {
        name: "q1",
        about: "every bid, its price as a decimal in euros",
        columns: &["auction", "bidder", "price", "date_time", "extra"],
        results: &[
            ("auction", Numbers),
            ("bidder", Numbers),
            ("price", Numbers),
            ("date_time", Times),
            ("extra", Texts),
        ],
        nodes: r#"[{"id": "euros", "kind": "select", "params": {"columns": [
            {"expression": "auction"}, {"expression": "bidder"}, {"expression": "0.908 * price", "name": "price"},
            {"expression": "date_time"}, {"expression": "extra"}]}}]"#,
        sql: "select auction, bidder, 0.908 * price as price, date_time, extra from {bid}",
        polars: "bid.select('auction', 'bidder', c.price.cast(pl.Decimal(19, 0)) * pl.lit(Decimal('0.908')), 'date_time', 'extra')",
    },
    Query {
        name: "q2",
        about: "the bids on every 123rd auction",
        columns: &["auction", "price"],
        results: &[("auction", Numbers), ("price", Numbers)],
        nodes: r#"[{"id": "some", "kind": "filter", "params": {"condition": "MOD(auction, 123) = 0"}},
            {"id": "columns", "kind": "select", "params": {"columns": [{"expression": "auction"}, {"expression": "price"}]}}]"#,
        sql: "select auction, price from {bid} where auction % 123 = 0",
        polars: "bid.filter(c.auction % 123 == 0).select('auction', 'price')",
    },
    Query {
        name: "q7",
        about: "the highest price of every 10 s; the first half of q7, without its join",
        columns: &["price", "date_time"],
        results: &[("window_start", Numbers), ("max_price", Numbers)],
        nodes: r#"[{"id": "highest", "kind": "tumbling_window", "params": {"size_millis": 10000,
            "aggregates": [{"function": "max", "column": "price"}]}}]"#,
        sql: "select epoch_us(date_time) // 10000000 * 10000 as window_start, max(price) as max_price from {bid} group by 1",
        polars: "bid.group_by((c.date_time.dt.epoch('ms') // 10_000 * 10_000).alias('window_start')).agg(c.price.max().alias('max_price'))",
    },
    Query {
        name: "q12",
        about: "the number of bids of every bidder in every 10 s, of event time",
        columns: &["bidder", "date_time"],
        results: &[("window_start", Numbers), ("bidder", Numbers), ("count", Numbers)],
        nodes: r#"[{"id": "counts", "kind": "tumbling_window", "params": {"size_millis": 10000, "keys": ["bidder"],
            "aggregates": [{"function": "count"}]}}]"#,
        sql: "select epoch_us(date_time) // 10000000 * 10000 as window_start, bidder, count(*) as count from {bid} group by 1, 2",
        polars: "bid.group_by((c.date_time.dt.epoch('ms') // 10_000 * 10_000).alias('window_start'), 'bidder').agg(pl.len().alias('count'))",
    },
    Query {
        name: "q17",
        about: "counts by rank of price, and least, greatest, mean and total price, of every auction and day",
        columns: &["auction", "price", "date_time"],
        results: &[
            ("window_start", Numbers),
            ("auction", Numbers),
            ("bids", Numbers),
            ("low_bids", Numbers),
            ("middle_bids", Numbers),
            ("high_bids", Numbers),
            ("min_price", Numbers),
            ("max_price", Numbers),
            ("avg_price", Numbers),
            ("sum_price", Numbers),
        ],
        nodes: r#"[{"id": "ranks", "kind": "select", "params": {"columns": [
                {"expression": "auction"}, {"expression": "price"}, {"expression": "date_time"},
                {"expression": "CASE WHEN price < 10000 THEN 1 END", "name": "low"},
                {"expression": "CASE WHEN price >= 10000 AND price < 1000000 THEN 1 END", "name": "middle"},
                {"expression": "CASE WHEN price >= 1000000 THEN 1 END", "name": "high"}]}},
            {"id": "days", "kind": "tumbling_window", "params": {"size_millis": 86400000, "keys": ["auction"], "aggregates": [
                {"function": "count", "name": "bids"},
                {"function": "count", "column": "low", "name": "low_bids"},
                {"function": "count", "column": "middle", "name": "middle_bids"},
                {"function": "count", "column": "high", "name": "high_bids"},
                {"function": "min", "column": "price"}, {"function": "max", "column": "price"},
                {"function": "avg", "column": "price"}, {"function": "sum", "column": "price"}]}}]"#,
        sql: "select epoch_ms(day::timestamp) as window_start, * exclude (day), sum_price // bids as avg_price from (
                select date_time::date as day, auction, count(*) as bids, count(*) filter (price < 10000) as low_bids,
                    count(*) filter (price >= 10000 and price < 1000000) as middle_bids,
                    count(*) filter (price >= 1000000) as high_bids,
                    min(price) as min_price, max(price) as max_price, sum(price) as sum_price
                from {bid} group by day, auction)",
        // A sum of conditions, for Polars takes more than twice as long to count what it has filtered.
        polars: "bid.group_by((c.date_time.dt.epoch('ms') // 86_400_000 * 86_400_000).alias('window_start'), 'auction').agg(
                pl.len().alias('bids'), (c.price < 10_000).sum().alias('low_bids'),
                ((c.price >= 10_000) & (c.price < 1_000_000)).sum().alias('middle_bids'),
                (c.price >= 1_000_000).sum().alias('high_bids'),
                c.price.min().alias('min_price'), c.price.max().alias('max_price'), c.price.sum().alias('sum_price'),
            ).with_columns((c.sum_price // c.bids).alias('avg_price'))",
    },
];

impl Query {
    /// The query of this name.
    pub(super) fn named(name: &str) -> Option<&'static Query> {
        QUERIES.iter().find(|query| query.name == name)
    }

    /// The flow that answers it: bids from `file`, watermarks 4 s behind as Nexmark has them, its nodes, and a sink that adds up.
    pub(super) fn flow(&self, form: Form, file: &str) -> Value {
        let source = match form {
            Form::Csv => {
                let schema: Vec<Value> =
                    COLUMNS.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
                json!({ "id": "bid", "kind": "csv_source", "params": { "path": file, "schema": schema } })
            }
            Form::Parquet => json!({ "id": "bid", "kind": "parquet_source", "params": { "path": file } }),
            Form::Memory => json!({ "id": "bid", "kind": "memory_source" }),
        };
        let time = json!({ "id": "time", "kind": "watermarks", "params": { "time_column": "date_time", "bound_millis": 4000 } });
        let mut nodes = vec![source, time];
        let own: Value = serde_json::from_str(self.nodes).unwrap_or_default();
        nodes.extend(own.as_array().into_iter().flatten().cloned());
        nodes.push(json!({ "id": "sums", "kind": "sums_sink" }));
        let id = |node: &Value| node["id"].as_str().unwrap_or_default().to_owned();
        let edges: Vec<Value> = nodes
            .windows(2)
            .map(|pair| json!({ "from": format!("{}.out", id(&pair[0])), "to": format!("{}.in", id(&pair[1])) }))
            .collect();
        json!({ "version": 1, "name": self.name, "nodes": nodes, "edges": edges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_has_a_name_of_its_own_and_nodes_that_can_be_read() {
        for (number, query) in QUERIES.iter().enumerate() {
            assert!(QUERIES[..number].iter().all(|other| other.name != query.name), "{}", query.name);
            let nodes: Value = serde_json::from_str(query.nodes).expect("JSON");
            assert!(nodes.as_array().is_some_and(|nodes| !nodes.is_empty()), "{}", query.name);
            assert!(query.sql.contains("{bid}") && query.polars.starts_with("bid."), "{}", query.name);
            for column in query.columns {
                assert!(COLUMNS.iter().any(|(name, _)| name == column), "{}: {column}", query.name);
            }
            assert!(std::ptr::eq(Query::named(query.name).expect("it is there"), query));
        }
    }
}
