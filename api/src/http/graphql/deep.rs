//! Executes deep queries on a stack of their own. The engine recurses for each level of a query, and
//! the threads that answer have the usual small stack.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;

/// Levels that fit the usual stack, with room to spare.
const USUAL: usize = 6;
/// Bytes for the deepest query within any sensible limit; only what is used is ever touched.
const STACK: usize = 32 * 1024 * 1024;

/// An execution that is polled on a large stack when the query is deep.
pub(super) struct Deep<T> {
    execution: Pin<Box<T>>,
    is_deep: bool,
}

impl<T> Deep<T> {
    /// The execution of a query with this many levels.
    pub(super) fn new(execution: T, depth: usize) -> Self {
        Self {
            execution: Box::pin(execution),
            is_deep: depth > USUAL,
        }
    }

    fn poll_with<P>(&mut self, poll: impl FnOnce(Pin<&mut T>) -> P) -> P {
        let is_deep = self.is_deep;
        let execution = self.execution.as_mut();
        match is_deep {
            true => stacker::grow(STACK, || poll(execution)),
            false => poll(execution),
        }
    }
}

impl<F: Future> Future for Deep<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_with(|future| future.poll(context))
    }
}

impl<S: Stream> Stream for Deep<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.poll_with(|stream| stream.poll_next(context))
    }
}
