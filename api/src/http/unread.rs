//! Requests in chunks that are answered before their end. The server would read on, however long
//! they go on, in order to use the connection again. It ends the connection when the rest of the
//! request is still held while the answer is sent, and so the answer holds it.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::header,
    middleware::Next,
    web::Bytes,
};
use futures_util::Stream;

/// Lets the answer to a request in chunks hold the request.
pub(crate) async fn hold(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if !request.headers().contains_key(header::TRANSFER_ENCODING) {
        return next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body);
    }
    let rest = Rest(Rc::new(RefCell::new(request.take_payload())));
    request.set_payload(Payload::from(
        Box::pin(rest.clone()) as Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>
    ));
    let response = next.call(request).await?.map_into_boxed_body();
    Ok(response.map_body(|_, body| MessageBody::boxed(Answer { body, _rest: rest })))
}

/// What is still to come of a request.
#[derive(Clone)]
struct Rest(Rc<RefCell<Payload>>);

impl Stream for Rest {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

struct Answer {
    body: BoxBody,
    _rest: Rest,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
