//! The GraphQL schema of Municipio. Types show what the domain holds; resolvers call the domain
//! and hold no rules.

mod case;
mod changes;
mod citizen;
mod connection;
mod context;
mod error;
mod files;
mod filters;
mod global_id;
mod identity;
pub mod limits;
mod mutation;
mod notification;
mod objects;
mod outbox;
mod perspective;
mod preview;
mod query;
mod release;
mod roots;
mod scalars;
mod search;
mod subscription;
mod variables;
mod view;
mod webhook;
mod work;

use async_graphql::{
    Request, Response, Schema, ValidationMode,
    parser::{parse_schema, types::TypeSystemDefinition},
};
use futures_util::{StreamExt, future::BoxFuture, stream::BoxStream};

pub use connection::MAX_PAGE;
pub use context::{Moment, RequestData};
pub use error::{ErrorCode, catalogue, refuse_denied};
pub use files::FileAddresses;
pub use mutation::Mutation;
pub use perspective::{read_perspective, refuse_perspective};
pub use query::Query;
pub use subscription::Subscription;
pub use variables::InputTypes;

/// The schema, with everything that answers. It is no generic type: each crate that names one compiles all resolvers
/// once more.
#[derive(Clone)]
pub struct MunicipioSchema(Schema<Query, Mutation, Subscription>);

impl MunicipioSchema {
    /// Runs a query or a mutation.
    pub fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.0.execute(request))
    }

    /// Runs a subscription, which answers again and again.
    pub fn execute_stream(&self, request: Request) -> BoxStream<'static, Response> {
        self.0.execute_stream(request).boxed()
    }
}

/// Builds the schema.
pub fn schema() -> MunicipioSchema {
    validating(ValidationMode::Strict)
}

/// Builds the schema for documents that [`schema`] found valid before: it does not look for their
/// errors again. What depends on the variables is checked by [`InputTypes`], each time.
pub fn schema_for_valid_documents() -> MunicipioSchema {
    validating(ValidationMode::Fast)
}

/// Types lead to each other: telling the engine of them nests deeper than the stack of a thread, unoptimised.
const STACK: usize = 32 * 1024 * 1024;

fn validating(mode: ValidationMode) -> MunicipioSchema {
    let schema = stacker::grow(STACK, || {
        Schema::build(Query::default(), Mutation::default(), Subscription)
            .register_output_type::<objects::Content>()
            .validation_mode(mode)
            .finish()
    });
    MunicipioSchema(schema)
}

/// The schema in the schema definition language, as `schema.graphql` holds it.
pub fn sdl(schema: &MunicipioSchema) -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    schema.0.sdl_with_options(options)
}

/// What is known of the schema before anything runs: what its fields cost, and what its inputs hold.
pub fn models(sdl: &str) -> (limits::CostModel, InputTypes) {
    let schema = definitions(sdl);
    (limits::CostModel::new(&schema), InputTypes::new(&schema))
}

/// The definitions of a schema; none when it cannot be read.
fn definitions(sdl: &str) -> Vec<TypeSystemDefinition> {
    parse_schema(sdl).map_or_else(|_| Vec::new(), |document| document.definitions)
}
