//! CASE, and the type that alternatives share.

use super::{Binder, Bound, STRING, is_time, type_error};
use crate::data::DataType;
use crate::expr::ast::{BinaryOp, Expr};
use crate::expr::eval::Node;
use crate::expr::typing::{self, Ty};
use crate::expr::vector::Vector;
use crate::expr::{ExprError, Span};

impl Binder<'_> {
    pub(super) fn case(
        &mut self,
        operand: Option<&Expr>,
        branches: &[[Expr; 2]],
        otherwise: Option<&Expr>,
        span: Span,
    ) -> Bound {
        let operand = operand.map(|operand| self.bind(operand)).transpose()?;
        let mut values = branches.iter().map(|[_, then]| self.bind(then)).collect::<Bound<Vec<_>>>()?;
        values.push(match otherwise {
            Some(otherwise) => self.bind(otherwise)?,
            None => Node::constant(Vector::null(&Ty::Null), Ty::Null, span),
        });
        let (mut values, ty) = self.alternatives("CASE", values, span)?;
        let otherwise = values.pop().ok_or_else(|| ExprError::new(span, "CASE has no branches"))?;
        match operand {
            None => {
                let conditions = branches
                    .iter()
                    .map(|[when, _]| {
                        let node = self.bind(when)?;
                        self.condition(node, "WHEN")
                    })
                    .collect::<Bound<Vec<_>>>()?;
                self.choose(conditions.into_iter().zip(values).collect(), otherwise, ty, span)
            }
            Some(operand) => self.share(operand, |binder, operand| {
                let conditions = branches
                    .iter()
                    .map(|[when, _]| {
                        let node = binder.bind(when)?;
                        let at = node.span;
                        binder.compare(BinaryOp::Eq, operand.clone(), node, at)
                    })
                    .collect::<Bound<Vec<_>>>()?;
                binder.choose(conditions.into_iter().zip(values).collect(), otherwise, ty, span)
            }),
        }
    }

    /// Brings alternatives to the type that they share.
    pub(in crate::expr) fn alternatives(
        &self,
        of: &str,
        nodes: Vec<Node>,
        span: Span,
    ) -> Bound<(Vec<Node>, Ty)> {
        let mut ty = Ty::Null;
        for node in &nodes {
            // Text literals beside times are read as times below.
            let is_text_for_time = node.as_text().is_some() && is_time(&ty);
            ty = match typing::common(&ty, &node.ty) {
                Some(common) => common,
                None if is_text_for_time => ty,
                None if ty == STRING
                    && is_time(&node.ty)
                    && nodes.iter().all(|n| n.ty != STRING || n.as_text().is_some()) =>
                {
                    node.ty.clone()
                }
                None => {
                    let source = self.source(node.span);
                    let message =
                        format!("`{of}` gives one type, but `{source}` is {} where others are {ty}", node.ty);
                    let error = type_error(node.span, message);
                    return Err(if ty == STRING || node.ty == STRING {
                        error.suggest(format!("write CAST({source} AS {ty})"))
                    } else {
                        error
                    });
                }
            };
        }
        match &ty {
            Ty::Null => {
                return Err(type_error(span, format!("every value of `{of}` is NULL, so it has no type"))
                    .suggest("give one of them a type: CAST(NULL AS INT)"));
            }
            Ty::Of(DataType::Array(_) | DataType::Row(_)) => {
                return Err(type_error(span, format!("`{of}` cannot choose between values of {ty}")));
            }
            Ty::Of(data_type) if is_time(&ty) => {
                let nodes = nodes.into_iter().map(|node| {
                    if node.as_text().is_some() {
                        self.text_as_time(node, data_type)
                    } else {
                        self.coerce(node, &ty)
                    }
                });
                return Ok((nodes.collect::<Bound<Vec<_>>>()?, ty));
            }
            _ => {}
        }
        let nodes = nodes.into_iter().map(|node| self.coerce(node, &ty)).collect::<Bound<Vec<_>>>()?;
        Ok((nodes, ty))
    }
}
