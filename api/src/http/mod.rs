//! HTTP: the routes, and what they share.

mod audit;
mod caller;
mod graphiql;
pub(crate) mod graphql;
mod health;
mod media;
mod metrics;
mod origin;
mod perspective;
mod problem;
mod rest;
mod tenant;
mod unread;

use actix_cors::Cors;
use actix_web::{HttpRequest, HttpResponse, guard, http::Method, web};

pub(crate) use metrics::Metrics;
use municipio_graphql::ErrorCode;
use problem::Problem;
pub(crate) use unread::hold;

/// The routes of the application.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let pages = [
        ("/schema.graphql", web::get().to(graphql::sdl)),
        ("/graphiql", web::get().to(graphiql::page)),
        ("/health/live", web::get().to(health::live)),
        ("/health/ready", web::get().to(health::ready)),
        ("/status", web::get().to(health::status)),
        ("/metrics", web::get().to(metrics::page)),
        ("/audit.jsonl", web::get().to(audit::export)),
        ("/", web::get().to(index)),
    ];
    for (path, page) in pages {
        let refuse = web::to(|request| method_not_allowed(request, "GET"));
        config.service(web::resource(path).route(page).default_service(refuse));
    }
    for name in graphiql::names() {
        let file = web::get().to(move || graphiql::file(name));
        let refuse = web::to(|request| method_not_allowed(request, "GET"));
        let path = format!("/graphiql/{name}");
        config.service(web::resource(path).route(file).default_service(refuse));
    }
    let refuse = web::to(|request| method_not_allowed(request, "GET, POST"));
    media::routes(config);
    rest::routes(config);
    config
        .service(
            web::resource("/graphql")
                .route(
                    web::get()
                        .guard(guard::fn_guard(graphql::is_upgrade))
                        .to(graphql::connect),
                )
                .route(web::get().to(graphql::get))
                .route(web::post().to(graphql::post))
                .default_service(refuse),
        )
        .default_service(web::to(not_found));
}

/// Portals read from browsers on other hosts. Nothing here is read with cookies.
pub(crate) fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_any_header()
        .expose_any_header()
        .max_age(86_400)
}

async fn index() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({
        "name": "Municipio",
        "version": env!("CARGO_PKG_VERSION"),
        "graphql": "/graphql",
        "graphiql": "/graphiql",
        "schema": "/schema.graphql",
        "status": "/status",
        "openapi": "/api/v1/openapi.yaml",
    }))
}

async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let shown: String = request.path().chars().take(80).collect();
    let message = format!("there is nothing at {shown}");
    Err(Problem::new(ErrorCode::NotFound, message).of(&request))
}

async fn method_not_allowed(
    request: HttpRequest,
    allowed: &'static str,
) -> Result<HttpResponse, Problem> {
    Err(Problem::method_not_allowed(request.method(), allowed).of(&request))
}
