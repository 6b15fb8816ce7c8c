//! Every function's documented example is run: as it stands, and with its literals put into columns so that the loops are run too.

use super::*;
use crate::expr::ast::{Expr, Kind, Number};
use crate::expr::{FunctionCategory, functions, parse, sql};

#[test]
fn every_example_gives_what_its_documentation_says() {
    for info in functions() {
        assert_eq!(Table::new("").eval(info.example), [info.result], "{}: {}", info.name, info.example);
    }
}

#[test]
fn every_function_is_documented_and_named_once() {
    let mut names: Vec<&str> = functions()
        .iter()
        .flat_map(|info| std::iter::once(&info.name).chain(info.aliases))
        .copied()
        .collect();
    names.sort_unstable();
    let n = names.len();
    names.dedup();
    assert_eq!(names.len(), n, "a name is given twice");
    for info in functions() {
        assert!(info.doc.ends_with('.') && info.doc.len() > 8, "{}", info.name);
        assert!(!info.signature.is_empty() && !info.flink.is_empty(), "{}", info.name);
        let word = if info.category == FunctionCategory::Operator {
            info.name.split(' ').next().unwrap_or_default()
        } else {
            info.name
        };
        let example = info.example.to_uppercase();
        assert!(example.contains(word) || word == "POSITION", "{} is not in its example", info.name);
    }
    assert!(functions().len() > 100, "{}", functions().len());
}

/// The literals of an example that can be columns: numbers and texts, but not where the grammar wants a literal.
fn literals(expr: &mut Expr, found: &mut Vec<(DataType, String)>) {
    let value = match &expr.kind {
        Kind::Number(Number::Int(value)) => Some((DataType::BigInt, value.to_string())),
        Kind::Number(Number::Decimal(..)) => Some((DataType::Decimal(20, 10), sql::flink_sql(expr))),
        Kind::Text(text) => Some((DataType::String, text.clone())),
        Kind::Boolean(value) => Some((DataType::Boolean, value.to_string())),
        Kind::Time(data_type, text) => Some((data_type.clone(), text.clone())),
        _ => None,
    };
    if let Some(value) = value {
        expr.kind = Kind::Column(format!("c{}", found.len()));
        found.push(value);
        return;
    }
    match &mut expr.kind {
        Kind::Negate(of)
        | Kind::Not(of)
        | Kind::Field(of, _)
        | Kind::Is { of, .. }
        | Kind::Cast { of, .. } => literals(of, found),
        Kind::Binary(_, args) => args.iter_mut().for_each(|arg| literals(arg, found)),
        Kind::Between { args, .. } => args.iter_mut().for_each(|arg| literals(arg, found)),
        Kind::Logic(_, args) | Kind::Like { args, .. } => {
            args.iter_mut().for_each(|arg| literals(arg, found));
        }
        Kind::Call { name, args, .. } => {
            // The precision of TO_TIMESTAMP_LTZ, and the places of ROUND by which a DECIMAL is typed, are known before any row.
            let n = if matches!(name.as_str(), "TO_TIMESTAMP_LTZ" | "ROUND" | "TRUNCATE") {
                1
            } else {
                args.len()
            };
            args.iter_mut().take(n).for_each(|arg| literals(arg, found));
        }
        Kind::In { of, list, .. } => {
            literals(of, found);
            list.iter_mut().for_each(|expr| literals(expr, found));
        }
        Kind::Case { operand, branches, otherwise } => {
            operand.iter_mut().for_each(|expr| literals(expr, found));
            branches.iter_mut().flatten().for_each(|expr| literals(expr, found));
            otherwise.iter_mut().for_each(|expr| literals(expr, found));
        }
        _ => {}
    }
}

#[test]
fn every_example_gives_the_same_with_columns_for_literals() {
    for info in functions() {
        let mut expr = parse::parse(info.example).expect("parsed");
        let mut values = Vec::new();
        literals(&mut expr, &mut values);
        if values.is_empty() {
            continue;
        }
        let fields: Vec<Field> = values
            .iter()
            .enumerate()
            .map(|(idx, (data_type, _))| Field::nullable(format!("c{idx}"), data_type.clone()))
            .collect();
        let columns = fields.iter().zip(&values).map(|(field, (_, text))| {
            Column::from(series(&field.name, &field.data_type, &[Some(text), None, Some(text)]))
        });
        let table = Table {
            frame: DataFrame::new(3, columns.collect()).expect("a table"),
            schema: Schema::new(fields),
        };
        let text = sql::flink_sql(&expr);
        let compiled =
            table.compile(&text).unwrap_or_else(|error| panic!("{text}: {error} {:?}", error.suggestion));
        let results = table.run(&compiled);
        let normal = |text: &str| text.trim_end_matches('0').trim_end_matches('.').to_owned();
        assert_eq!(normal(&results[0]), normal(info.result), "{text}");
        assert_eq!(results[0], results[2], "{text}");
    }
}

#[test]
fn flink_sql_means_the_same_when_it_is_read_again() {
    for info in functions() {
        let expr = parse::parse(info.example).expect("parsed");
        let text = sql::flink_sql(&expr);
        assert_eq!(Table::new("").eval(&text), [info.result], "{text}");
        assert_eq!(sql::flink_sql(&parse::parse(&text).expect("parsed again")), text);
    }
}
