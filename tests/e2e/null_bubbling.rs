//! The pinned version of the GraphQL engine, alone: what it does with an error, and what our resolvers
//! do to get what the specification wants (GraphQL 6.4.4): a field that may be null and may fail gives
//! `Option<Result<T>>`, never `Result<Option<T>>`. Two habits of 8.0.0-rc.5 differ and are held here, so
//! that a newer version that mends them is noticed: `Result<Option<T>>` makes null of the parent, and an
//! error of a non-null field inside a list of non-null items is reported at the item.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Result, Schema};
use serde_json::{Value, json};

struct Roots;
struct Thing;

#[Object]
impl Roots {
    async fn thing(&self) -> Option<Thing> {
        Some(Thing)
    }

    async fn firm_things(&self) -> Option<Vec<Thing>> {
        Some(vec![Thing, Thing])
    }

    async fn things(&self) -> Vec<Option<Thing>> {
        vec![Some(Thing), Some(Thing)]
    }
}

#[Object]
impl Thing {
    async fn fine(&self) -> i32 {
        1
    }

    async fn fragile(&self) -> Option<Result<i32>> {
        Some(Err("broken".into()))
    }

    async fn careless(&self) -> Result<Option<i32>> {
        Err("broken".into())
    }

    async fn firm(&self) -> Result<i32> {
        Err("broken".into())
    }
}

#[actix_web::test]
async fn an_error_makes_null_of_the_nearest_field_that_may_be_null() {
    let schema = Schema::new(Roots, EmptyMutation, EmptySubscription);
    let mut wrong = Vec::new();
    for (query, data, paths) in [
        (
            "{ thing { fine a: fragile } }",
            json!({ "thing": { "fine": 1, "a": null } }),
            json!([["thing", "a"]]),
        ),
        (
            "{ thing { fine careless } }",
            json!({ "thing": null }),
            json!([["thing", "careless"]]),
        ),
        (
            "{ thing { fine firm } }",
            json!({ "thing": null }),
            json!([["thing", "firm"]]),
        ),
        (
            "{ things { fragile fine } }",
            json!({ "things": [{ "fragile": null, "fine": 1 }, { "fragile": null, "fine": 1 }] }),
            json!([["things", 0, "fragile"], ["things", 1, "fragile"]]),
        ),
        (
            "{ things { firm } }",
            json!({ "things": [null, null] }),
            json!([["things", 0, "firm"], ["things", 1, "firm"]]),
        ),
        (
            "{ firmThings { b: firm } }",
            json!({ "firmThings": null }),
            json!([["firmThings", 0]]),
        ),
    ] {
        let answer = serde_json::to_value(schema.execute(query).await).unwrap();
        let mut found: Vec<_> = answer["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["path"].clone())
            .collect();
        found.sort_by_key(Value::to_string);
        if answer["data"] != data || json!(found) != paths {
            wrong.push(format!(
                "{query} gives {} at {}",
                answer["data"],
                json!(found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
