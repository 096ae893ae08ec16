//! HTTP: the routes, and what they share.

mod graphiql;
pub(crate) mod graphql;
mod health;
mod problem;
mod tenant;

use actix_cors::Cors;
use actix_web::{HttpRequest, HttpResponse, http::Method, web};

use municipio_graphql::ErrorCode;
use problem::Problem;

/// The routes of the application.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/graphql")
                .route(web::get().to(graphql::get))
                .route(web::post().to(graphql::post))
                .default_service(web::to(method_not_allowed)),
        )
        .route("/schema.graphql", web::get().to(graphql::sdl))
        .route("/graphiql", web::get().to(graphiql::page))
        .route("/graphiql/{file}", web::get().to(graphiql::file))
        .route("/health/live", web::get().to(health::live))
        .route("/health/ready", web::get().to(health::ready))
        .route("/status", web::get().to(health::status))
        .route("/", web::get().to(index))
        .default_service(web::to(not_found));
}

/// Portals read from browsers on other hosts. Nothing here is read with cookies.
pub(crate) fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .allowed_methods([Method::GET, Method::POST])
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
    }))
}

async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let shown: String = request.path().chars().take(80).collect();
    Err(Problem::new(
        ErrorCode::NotFound,
        format!("there is nothing at {shown}"),
    ))
}

async fn method_not_allowed(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let message = format!("{} is not answered here; use GET or POST", request.method());
    Err(Problem::new(ErrorCode::MethodNotAllowed, message))
}
