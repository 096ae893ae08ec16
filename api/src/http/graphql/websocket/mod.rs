//! GraphQL over WebSocket: the protocol graphql-transport-ws. A connection is one task that reads
//! and writes, and one more for each operation under way; what an operation answers waits until the
//! client has read what came before.

mod connection;
mod protocol;

use actix_web::{
    HttpRequest, HttpResponse,
    guard::GuardContext,
    http::header,
    web::{Data, Payload},
};
use municipio_graphql::ErrorCode;

use super::super::perspective::{self, Wish};
use super::{Answer, Operation, Parameters, Problem, Requester, stream_permit, tenant};
use crate::{app::State, http::origin};
use connection::Connection;
use protocol::{Close, PROTOCOL};

/// The client asks for a WebSocket.
pub(in crate::http) fn is_upgrade(context: &GuardContext<'_>) -> bool {
    let upgrade = context.head().headers().get(header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens a WebSocket.
pub(in crate::http) async fn connect(
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, Problem> {
    let permit = stream_permit(&request, &state)?;
    let (response, session, messages) =
        actix_ws::handle_with_protocols(&request, body, &[PROTOCOL]).map_err(|error| {
            let message = format!("the WebSocket cannot be opened: {error}");
            Problem::new(ErrorCode::BadRequest, message).of(&request)
        })?;
    let most = state.settings.limit_body;
    let messages = messages
        .max_frame_size(most)
        .aggregate_continuations()
        .max_continuation_size(most);
    let agreed = response
        .headers()
        .contains_key(header::SEC_WEBSOCKET_PROTOCOL);
    let address = tenant::Address::of(&request);
    let credentials = Requester::credentials(&request).map(str::to_owned);
    let origin = origin::of(&request, state.settings.proxies);
    let wish = Wish::of(&request);
    let base = tenant::base(&request, &state.settings);
    let connection = Connection::new(state, session, address, credentials, origin, wish, base);
    actix_web::rt::spawn(async move {
        match agreed {
            true => connection.run(messages).await,
            false => connection.close(Close::NoCommonProtocol).await,
        }
        drop(permit);
    });
    Ok(response)
}
