//! Files over HTTP: how they come in (tus, and by GraphQL with what `receive` does), and how they are delivered.

mod answer;
mod case_file;
mod delivery;
mod receive;
mod tus;

use actix_web::{HttpRequest, HttpResponse, guard, middleware::from_fn, web};
use municipio_domain::media::MediaError;
use municipio_graphql::ErrorCode;

pub(super) use receive::{author, forget, receive};

use super::problem::Problem;

/// The routes of files.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let refuse = |allowed| web::to(move |request| super::method_not_allowed(request, allowed));
    let read = || web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    config
        .service(
            web::resource("/media/uploads")
                .wrap(from_fn(tus::versioned))
                .route(web::method(actix_web::http::Method::OPTIONS).to(tus::options))
                .route(web::post().to(tus::create))
                .default_service(refuse("OPTIONS, POST")),
        )
        .service(
            web::resource("/media/uploads/{id}")
                .wrap(from_fn(tus::versioned))
                .route(web::method(actix_web::http::Method::OPTIONS).to(tus::options))
                .route(web::head().to(tus::progress))
                .route(web::patch().to(tus::append))
                .route(web::delete().to(tus::cancel))
                .route(
                    web::route()
                        .guard(tus::stands_for("HEAD"))
                        .to(tus::progress),
                )
                .route(web::route().guard(tus::stands_for("PATCH")).to(tus::append))
                .route(
                    web::route()
                        .guard(tus::stands_for("DELETE"))
                        .to(tus::cancel),
                )
                .default_service(refuse("OPTIONS, HEAD, PATCH, DELETE")),
        )
        .service(
            web::resource([
                "/media/{asset}/{name}",
                "/tenants/{tenant}/media/{asset}/{name}",
            ])
            .route(read().to(delivery::asset))
            .default_service(refuse("GET, HEAD")),
        )
        .service(
            web::resource([
                "/media/cases/{case}/{number}/{hash}/{name}",
                "/tenants/{tenant}/media/cases/{case}/{number}/{hash}/{name}",
            ])
            .route(read().to(case_file::case_file))
            .default_service(refuse("GET, HEAD")),
        )
        .service(
            web::resource([
                "/media/{hash}/{variant}/{name}",
                "/tenants/{tenant}/media/{hash}/{variant}/{name}",
            ])
            .route(read().to(delivery::immutable))
            .default_service(refuse("GET, HEAD")),
        );
}

/// Tells a client what went wrong with a file, and logs what is not its fault.
pub(super) fn failed(error: &MediaError) -> Problem {
    let code = ErrorCode::from(error);
    if code.status() < 500 {
        return Problem::new(code, error.to_string());
    }
    tracing::error!(%error, code = code.as_str(), "a request for a file failed");
    match error {
        MediaError::Full | MediaError::Busy | MediaError::BeingLookedAt => {
            Problem::new(code, error.to_string())
        }
        _ => Problem::new(code, code.apology()),
    }
}

/// Nothing is there, or nothing that the client may see: which of the two is not told.
fn nothing(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::new(ErrorCode::NotFound, "there is no such file").of(request))
}
