//! The typed tree and how it is evaluated over a batch: each part over all rows at once, but faults only where the part is asked for.

use std::sync::Arc;

use polars::prelude::DataFrame;
use polars_arrow::array::{MutableBinaryViewArray, PrimitiveArray, ViewType};
use polars_arrow::bitmap::bitmask::BitMask;
use polars_arrow::bitmap::{Bitmap, MutableBitmap};

use super::Span;
use super::ast::Logic;
use super::faults::RowFaults;
use super::typing::Ty;
use super::vector::{Data, Physical, Vector};
use crate::data::DataType;
use crate::error::{EngineError, Result};

/// Computes a result from arguments: dispatched on types when it was made, so that a call is one loop over the rows.
pub(super) type Kernel = Arc<dyn Fn(&[Vector], &mut Run) -> Vector + Send + Sync>;

/// A typed part of an expression.
#[derive(Clone)]
pub(super) struct Node {
    pub op: Op,
    pub ty: Ty,
    pub nullable: bool,
    pub span: Span,
}

/// How a part is computed.
#[derive(Clone)]
pub(super) enum Op {
    /// A column of the input, read as this type.
    Column(usize, DataType),
    Constant(Vector),
    /// A word that is no value; functions take it away when they are bound.
    Word(String),
    /// All arguments, then the kernel. The text is that of the expression, for reasons.
    Strict(Kernel, Vec<Node>, Arc<str>),
    Logic(Logic, Vec<Node>),
    /// The first branch whose condition is TRUE.
    Case(Vec<(Node, Node)>, Box<Node>),
    /// The first alternative that is not NULL.
    Coalesce(Vec<Node>),
    /// Computes a value once for several uses in the body.
    With(usize, Box<[Node; 2]>),
    /// A value computed by the [`Op::With`] around it.
    Slot(usize),
}

impl Node {
    pub fn constant(vector: Vector, ty: Ty, span: Span) -> Node {
        let nullable = vector.is_null_constant();
        Node { op: Op::Constant(vector), ty, nullable, span }
    }

    /// The value, if it is known before any row.
    pub fn as_constant(&self) -> Option<&Vector> {
        match &self.op {
            Op::Constant(vector) => Some(vector),
            _ => None,
        }
    }

    /// The text, if it is one that is known before any row and not NULL.
    pub fn as_text(&self) -> Option<&str> {
        match self.as_constant()? {
            vector @ Vector { data: Data::Text(array), .. } if !vector.is_null_constant() => {
                Some(array.value(0))
            }
            _ => None,
        }
    }
}

/// The evaluation of one expression over one batch.
pub(super) struct Run<'a> {
    frame: Option<&'a DataFrame>,
    /// How many rows there are.
    pub n: usize,
    /// The rows whose result is asked for; `None` means all.
    active: Option<Bitmap>,
    pub faults: RowFaults,
    /// What makes evaluation impossible as a whole.
    pub failure: Option<EngineError>,
    source: Arc<str>,
    last_reason: Option<(String, Arc<str>)>,
    slots: Vec<Option<Vector>>,
    muted: bool,
}

impl<'a> Run<'a> {
    /// An evaluation over the rows of `frame`, or over one row without columns.
    pub fn new(frame: Option<&'a DataFrame>, n_slots: usize) -> Run<'a> {
        let n = frame.map_or(1, DataFrame::height);
        Run {
            frame,
            n,
            active: None,
            faults: RowFaults::new(n),
            failure: None,
            source: Arc::from(""),
            last_reason: None,
            slots: vec![None; n_slots],
            muted: false,
        }
    }

    /// Notes that the expression at hand cannot be computed for `row`, unless nobody asks for that row.
    #[cold]
    pub fn fault(&mut self, row: usize, reason: &str) {
        if self.muted || self.active.as_ref().is_some_and(|active| !active.get_bit(row)) {
            return;
        }
        let reason = match &self.last_reason {
            Some((last, whole)) if last == reason => Arc::clone(whole),
            _ => {
                let whole: Arc<str> = if self.source.is_empty() {
                    reason.into()
                } else {
                    format!("{reason} in `{}`", self.source).into()
                };
                self.last_reason = Some((reason.to_owned(), Arc::clone(&whole)));
                whole
            }
        };
        self.faults.add(row, reason);
    }

    /// Calls a kernel whose failed rows are NULL and not faulty.
    pub fn without_faults(&mut self, f: impl FnOnce(&mut Self) -> Vector) -> Vector {
        self.muted = true;
        let vector = f(self);
        self.muted = false;
        vector
    }

    /// Evaluates `node` for the rows that are asked for. What it gives for other rows means nothing.
    pub fn eval(&mut self, node: &Node) -> Result<Vector> {
        super::deeper(|| self.eval_part(node))
    }

    fn eval_part(&mut self, node: &Node) -> Result<Vector> {
        match &node.op {
            Op::Column(idx, data_type) => self.column(*idx, data_type),
            Op::Constant(vector) => Ok(vector.clone()),
            Op::Word(_) => Ok(Vector::null(&node.ty)),
            Op::Strict(kernel, args, source) => self.strict(kernel, args, source),
            Op::Logic(logic, args) => self.logic(*logic, args),
            Op::Case(branches, otherwise) => self.case(branches, otherwise, &node.ty),
            Op::Coalesce(args) => self.coalesce(args, &node.ty),
            Op::With(slot, parts) => {
                let value = self.eval(&parts[0])?;
                self.slots[*slot] = Some(value);
                let result = self.eval(&parts[1]);
                self.slots[*slot] = None;
                result
            }
            Op::Slot(slot) => self.slots[*slot]
                .clone()
                .ok_or_else(|| EngineError::internal("a shared value is not computed")),
        }
    }

    fn column(&mut self, idx: usize, data_type: &DataType) -> Result<Vector> {
        let column = self.frame.and_then(|frame| frame.columns().get(idx));
        let column = column.ok_or_else(|| EngineError::internal(format!("there is no column {idx}")))?;
        Vector::from_column(column, data_type)
    }

    fn strict(&mut self, kernel: &Kernel, args: &[Node], source: &Arc<str>) -> Result<Vector> {
        let args = args.iter().map(|arg| self.eval(arg)).collect::<Result<Vec<_>>>()?;
        self.source = Arc::clone(source);
        self.last_reason = None;
        let vector = kernel(&args, self);
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(vector),
        }
    }

    /// Evaluates the operands from left to right, each only for rows that the ones before it have not decided.
    fn logic(&mut self, logic: Logic, args: &[Node]) -> Result<Vector> {
        let outer = self.active.clone();
        let mut decided = Bitmap::new_zeroed(self.n);
        let mut undecided_known = Bitmap::new_with_value(true, self.n);
        let mut result = Ok(());
        for arg in args {
            let open = open_rows(outer.as_ref(), &decided);
            if open.set_bits() == 0 {
                break;
            }
            self.active = Some(open);
            match self.eval(arg) {
                Ok(vector) => {
                    let (is_true, is_false) = vector.truth(self.n);
                    let (decides, passes) =
                        if logic == Logic::And { (is_false, is_true) } else { (is_true, is_false) };
                    decided = &decided | &decides;
                    undecided_known = &undecided_known & &passes;
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.active = outer;
        result?;
        let known = &decided | &undecided_known;
        let values = if logic == Logic::And { &undecided_known & &!&decided } else { decided };
        Ok(Vector::bools(values, (known.unset_bits() > 0).then_some(known), false))
    }

    fn case(&mut self, branches: &[(Node, Node)], otherwise: &Node, ty: &Ty) -> Result<Vector> {
        let outer = self.active.clone();
        let mut decided = Bitmap::new_zeroed(self.n);
        let mut parts = Vec::with_capacity(branches.len() + 1);
        let mut result = Ok(());
        for (condition, value) in branches {
            let open = open_rows(outer.as_ref(), &decided);
            if open.set_bits() == 0 {
                break;
            }
            self.active = Some(open.clone());
            let part = self.eval(condition).and_then(|condition| {
                let taken = &condition.truth(self.n).0 & &open;
                self.active = Some(taken.clone());
                let value = if taken.set_bits() == 0 { None } else { Some(self.eval(value)?) };
                Ok((taken, value))
            });
            match part {
                Ok((taken, value)) => {
                    decided = &decided | &taken;
                    parts.extend(value.map(|value| (taken, value)));
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let open = open_rows(outer.as_ref(), &decided);
        if result.is_ok() && open.set_bits() > 0 {
            self.active = Some(open.clone());
            result = self.eval(otherwise).map(|value| parts.push((open, value)));
        }
        self.active = outer;
        result?;
        Ok(select(&parts, ty, self.n))
    }

    fn coalesce(&mut self, args: &[Node], ty: &Ty) -> Result<Vector> {
        let outer = self.active.clone();
        let mut decided = Bitmap::new_zeroed(self.n);
        let mut parts = Vec::with_capacity(args.len());
        let mut result = Ok(());
        for arg in args {
            let open = open_rows(outer.as_ref(), &decided);
            if open.set_bits() == 0 {
                break;
            }
            self.active = Some(open.clone());
            match self.eval(arg) {
                Ok(vector) => {
                    let taken = match vector.validity() {
                        None => open,
                        Some(_) if vector.constant => continue,
                        Some(validity) => &open & &validity,
                    };
                    decided = &decided | &taken;
                    parts.push((taken, vector));
                }
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.active = outer;
        result?;
        Ok(select(&parts, ty, self.n))
    }
}

fn open_rows(outer: Option<&Bitmap>, decided: &Bitmap) -> Bitmap {
    match outer {
        None => !decided,
        Some(outer) => outer & &!decided,
    }
}

/// Puts a result together from parts, each for the rows of its mask; rows of no mask are NULL. Masks do not overlap.
fn select(parts: &[(Bitmap, Vector)], ty: &Ty, n: usize) -> Vector {
    if let [(mask, vector)] = parts
        && mask.unset_bits() == 0
    {
        return vector.clone().expand(n);
    }
    match &Vector::null(ty).data {
        Data::Bool(_) => select_bools(parts, n),
        Data::I8(_) => select_numbers::<i8>(parts, n),
        Data::I16(_) => select_numbers::<i16>(parts, n),
        Data::I32(_) => select_numbers::<i32>(parts, n),
        Data::I64(_) => select_numbers::<i64>(parts, n),
        Data::I128(_) => select_numbers::<i128>(parts, n),
        Data::F32(_) => select_numbers::<f32>(parts, n),
        Data::F64(_) => select_numbers::<f64>(parts, n),
        Data::Text(_) => {
            let arrays = parts.iter().map(|(_, vector)| match &vector.data {
                Data::Text(array) => Some(array),
                _ => None,
            });
            Vector::new(Data::Text(select_views(parts, &arrays.collect::<Vec<_>>(), n)), false)
        }
        Data::Bytes(_) => {
            let arrays = parts.iter().map(|(_, vector)| match &vector.data {
                Data::Bytes(array) => Some(array),
                _ => None,
            });
            Vector::new(Data::Bytes(select_views(parts, &arrays.collect::<Vec<_>>(), n)), false)
        }
        // Binding refuses alternatives of nested types, so there is nothing to choose between.
        Data::Nested(_) => Vector::null(ty).expand(n),
    }
}

/// The validity of a result put together from parts.
fn select_validity(parts: &[(Bitmap, Vector)], n: usize) -> Option<Bitmap> {
    let mut validity = Bitmap::new_zeroed(n);
    for (mask, vector) in parts {
        let valid = match vector.validity() {
            None => mask.clone(),
            Some(_) if vector.constant => continue,
            Some(valid) => mask & &valid,
        };
        validity = &validity | &valid;
    }
    (validity.unset_bits() > 0).then_some(validity)
}

fn select_numbers<T: Physical>(parts: &[(Bitmap, Vector)], n: usize) -> Vector {
    let mut values = vec![T::default(); n];
    for (mask, vector) in parts {
        let array: &PrimitiveArray<T> = T::of(vector);
        if vector.constant {
            let value = array.value(0);
            fill_where(&mut values, mask, |_| value);
        } else {
            let from = array.values().as_slice();
            fill_where(&mut values, mask, |row| from[row]);
        }
    }
    Vector::numbers(values, select_validity(parts, n), false)
}

/// Sets the values of the rows of a mask, without a branch for each.
fn fill_where<T: Copy>(values: &mut [T], mask: &Bitmap, value: impl Fn(usize) -> T) {
    let mask = BitMask::from_bitmap(mask);
    for (values, first) in values.chunks_mut(32).zip((0..).step_by(32)) {
        let word = mask.get_u32(first);
        if word == 0 {
            continue;
        }
        for (bit, at) in values.iter_mut().enumerate() {
            let new = value(first + bit);
            *at = if word >> bit & 1 == 1 { new } else { *at };
        }
    }
}

fn select_bools(parts: &[(Bitmap, Vector)], n: usize) -> Vector {
    let mut values = Bitmap::new_zeroed(n);
    for (mask, vector) in parts {
        values = &values | &(mask & &vector.truth(n).0);
    }
    Vector::bools(values, select_validity(parts, n), false)
}

fn select_views<V: ViewType + ?Sized>(
    parts: &[(Bitmap, Vector)],
    arrays: &[Option<&polars_arrow::array::BinaryViewArrayGeneric<V>>],
    n: usize,
) -> polars_arrow::array::BinaryViewArrayGeneric<V> {
    // Which part each row takes its value from; one more than there are parts where none.
    let mut sources = vec![arrays.len(); n];
    for (part, (mask, _)) in parts.iter().enumerate() {
        mask.true_idx_iter().for_each(|row| sources[row] = part);
    }
    let mut views = MutableBinaryViewArray::<V>::with_capacity(n);
    for (row, part) in sources.into_iter().enumerate() {
        let value = arrays
            .get(part)
            .copied()
            .flatten()
            .and_then(|array| array.get(if parts[part].1.constant { 0 } else { row }));
        views.push(value);
    }
    views.freeze()
}

/// Marks rows as NULL.
pub(super) fn clear_rows(vector: Vector, n: usize, rows: impl Iterator<Item = usize>) -> Vector {
    let vector = vector.expand(n);
    let mut validity = match vector.validity() {
        Some(validity) => validity.make_mut(),
        None => MutableBitmap::from_len_set(n),
    };
    rows.for_each(|row| validity.set(row, false));
    vector.with_validity(Some(validity.freeze()))
}
