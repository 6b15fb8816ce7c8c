//! An expression as it was written: what the parser gives, before columns and types are known.

use super::Span;
use crate::data::DataType;

/// A part of an expression and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub kind: Kind,
    pub span: Span,
    /// How many levels of parts it holds, itself included; bounded so that recursion over it is safe.
    pub height: u16,
}

/// What a part of an expression is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`
    Time(DataType, String),
    Interval(Interval),
    Column(String),
    /// A field of a ROW: `row.field`.
    Field(Box<Expr>, String),
    /// A word that is no value: the unit in `EXTRACT(unit FROM x)`, the side in `TRIM(LEADING FROM x)`. Upper case.
    Word(String),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(BinaryOp, Box<[Expr; 2]>),
    /// A chain of two or more of the same connective, kept flat so that long conditions stay shallow.
    Logic(Logic, Vec<Expr>),
    Is {
        of: Box<Expr>,
        test: Test,
        negated: bool,
    },
    /// Value, low, high.
    Between {
        args: Box<[Expr; 3]>,
        symmetric: bool,
        negated: bool,
    },
    In {
        of: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// Value, pattern, and perhaps the escape character.
    Like {
        args: Vec<Expr>,
        negated: bool,
    },
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<[Expr; 2]>,
        otherwise: Option<Box<Expr>>,
    },
    Cast {
        of: Box<Expr>,
        to: DataType,
        safe: bool,
    },
    /// A function by its upper-case name.
    Call {
        name: String,
        name_span: Span,
        args: Vec<Expr>,
    },
}

/// A number as it was written, by the type that Flink gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// INT where it fits, else BIGINT.
    Int(i64),
    /// Unscaled value, precision, scale.
    Decimal(i128, u8, u8),
    /// With an exponent.
    Double(f64),
}

/// A span of time: whole months, or milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interval {
    Months(i64),
    Millis(i64),
}

/// The connectives of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
}

/// What `IS` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Null,
    True,
    False,
    Unknown,
}

/// The operators between two operands that are not connectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Concat,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    Distinct,
    NotDistinct,
}

impl BinaryOp {
    /// The operator as Flink SQL writes it.
    pub fn sql(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Concat => "||",
            BinaryOp::Eq => "=",
            BinaryOp::NotEq => "<>",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::Distinct => "IS DISTINCT FROM",
            BinaryOp::NotDistinct => "IS NOT DISTINCT FROM",
        }
    }

    /// How tightly it binds; see [`power`].
    pub fn power(self) -> u8 {
        match self {
            BinaryOp::Add | BinaryOp::Sub => power::SUM,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem | BinaryOp::Concat => power::PRODUCT,
            BinaryOp::Distinct | BinaryOp::NotDistinct => power::IS,
            _ => power::COMPARISON,
        }
    }
}

/// How tightly operators bind, from loose to tight, as in Flink's parser.
pub(super) mod power {
    pub const NONE: u8 = 0;
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const IS: u8 = 4;
    pub const COMPARISON: u8 = 5;
    pub const BETWEEN: u8 = 6;
    pub const SUM: u8 = 7;
    pub const PRODUCT: u8 = 8;
    pub const SIGN: u8 = 9;
    pub const ATOM: u8 = 10;
}

impl Expr {
    /// Calls `each` with every part, parents first.
    pub fn walk(&self, each: &mut dyn FnMut(&Expr)) {
        each(self);
        for child in self.kind.children() {
            child.walk(each);
        }
    }
}

impl Kind {
    /// The parts that it holds directly.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Kind::Null
            | Kind::Boolean(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Time(..)
            | Kind::Interval(_)
            | Kind::Column(_)
            | Kind::Word(_) => Vec::new(),
            Kind::Negate(of)
            | Kind::Not(of)
            | Kind::Field(of, _)
            | Kind::Is { of, .. }
            | Kind::Cast { of, .. } => vec![of],
            Kind::Binary(_, args) => args.iter().collect(),
            Kind::Logic(_, args) | Kind::Like { args, .. } | Kind::Call { args, .. } => args.iter().collect(),
            Kind::Between { args, .. } => args.iter().collect(),
            Kind::In { of, list, .. } => std::iter::once(&**of).chain(list).collect(),
            Kind::Case { operand, branches, otherwise } => operand
                .iter()
                .map(|operand| &**operand)
                .chain(branches.iter().flatten())
                .chain(otherwise.iter().map(|expr| &**expr))
                .collect(),
        }
    }
}
