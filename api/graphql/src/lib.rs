//! The GraphQL schema of Municipio. Types show what the domain holds; resolvers call the domain
//! and hold no rules.

mod connection;
mod context;
mod error;
mod filters;
mod global_id;
pub mod limits;
mod objects;
mod query;
mod roots;
mod scalars;
mod subscription;
mod variables;
mod view;

use async_graphql::{EmptyMutation, Schema};

pub use connection::MAX_PAGE;
pub use context::{Moment, RequestData};
pub use error::{ErrorCode, catalogue};
pub use query::Query;
pub use subscription::Subscription;
pub use variables::check_variables;

/// The schema.
pub type MunicipioSchema = Schema<Query, EmptyMutation, Subscription>;

/// Builds the schema.
pub fn schema() -> MunicipioSchema {
    Schema::build(Query, EmptyMutation, Subscription)
        .register_output_type::<objects::Content>()
        .finish()
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    schema().sdl_with_options(options)
}
