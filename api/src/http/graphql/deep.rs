//! Executes deep queries on a stack of their own. The engine recurses for each level of a query, and
//! the threads that answer have the usual small stack.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Levels that fit the usual stack, with room to spare.
const USUAL: usize = 6;
/// Bytes for the deepest query within any sensible limit; only what is used is ever touched.
const STACK: usize = 32 * 1024 * 1024;

/// A future that is polled on a large stack when the query is deep.
pub(super) struct Deep<F> {
    future: Pin<Box<F>>,
    is_deep: bool,
}

impl<F: Future> Deep<F> {
    /// The execution of a query with this many levels.
    pub(super) fn new(future: F, depth: usize) -> Self {
        Self {
            future: Box::pin(future),
            is_deep: depth > USUAL,
        }
    }
}

impl<F: Future> Future for Deep<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let is_deep = self.is_deep;
        let future = self.future.as_mut();
        match is_deep {
            true => stacker::grow(STACK, || future.poll(context)),
            false => future.poll(context),
        }
    }
}
