//! Somebody who writes through GraphQL, without the way there: the schema is asked directly, with the
//! permissions that the story gives.

use std::{collections::BTreeSet, sync::Arc};

use async_graphql::{Request, Variables};
use municipio_domain::{
    content::{
        ContentType, Contents,
        shape::{AlternativeContent, Field, Kind, Shape, Shapes},
    },
    identity::{BuiltInRole, Caller, Grant, Identity, Permissions, Staff},
    ids::AccountId,
    tenants::Tenant,
};
use municipio_graphql::{Moment, MunicipioSchema, RequestData};
use serde_json::{Map, Value, json};

use crate::{TestApp, noon, story::global_id_of};

/// Somebody who writes through GraphQL.
pub struct Writer {
    schema: MunicipioSchema,
    tenant: Arc<Tenant>,
    contents: Contents,
    identity: Identity,
    caller: Caller,
}

impl TestApp {
    /// Somebody with this role.
    pub fn writer(&self, tenant: &Tenant, role: BuiltInRole) -> Writer {
        self.writer_who_may(tenant, role.grants())
    }

    /// Somebody with these permissions.
    pub fn writer_who_may(&self, tenant: &Tenant, grants: Vec<Grant>) -> Writer {
        let staff = Staff {
            account: AccountId::generate(),
            name: "Anna Rossi".to_owned(),
            roles: BTreeSet::new(),
            session: None,
            permissions: Permissions::from_iter(grants),
        };
        self.writer_who_is(tenant, Caller::Staff(staff))
    }

    /// This caller.
    pub fn writer_who_is(&self, tenant: &Tenant, caller: Caller) -> Writer {
        let store = self.database.tenant(tenant.id);
        Writer {
            schema: municipio_graphql::schema(),
            tenant: Arc::new(tenant.clone()),
            contents: Contents::new(store, Contents::cache(100)),
            identity: self.identity(tenant),
            caller,
        }
    }
}

impl Writer {
    /// The whole answer.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        let (tenant, contents) = (Arc::clone(&self.tenant), self.contents.clone());
        let moment = Moment::Fixed(noon());
        let data = RequestData::new(
            tenant,
            contents,
            self.identity.clone(),
            self.caller.clone(),
            moment,
        );
        let request = Request::new(query).variables(Variables::from_json(variables));
        let response = self.schema.execute(data.attach(request)).await;
        serde_json::to_value(response).unwrap()
    }

    /// The payload of a mutation that takes this input.
    pub async fn mutate(&self, mutation: &str, selection: &str, input: Value) -> Value {
        let name = mutation[..1].to_uppercase() + &mutation[1..];
        let query = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code path message }} }} }}"
        );
        let mut answer = self.answer(&query, json!({ "input": input })).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"][mutation].take()
    }

    /// The code of the error that refuses a mutation as a whole.
    pub async fn denied(&self, mutation: &str, input: Value) -> (String, Value) {
        let name = mutation[..1].to_uppercase() + &mutation[1..];
        let query = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code path message }} }} }}"
        );
        let answer = self.answer(&query, json!({ "input": input })).await;
        let error = &answer["errors"][0];
        let code = error["extensions"]["code"].as_str();
        (
            code.unwrap_or_else(|| panic!("not denied: {answer:#}"))
                .to_owned(),
            error["path"].clone(),
        )
    }

    /// New content: its global id and its revision.
    pub async fn create(&self, content: Value) -> (String, String) {
        let payload = self
            .mutate(
                "createContent",
                "content { id } revision",
                json!({ "content": content }),
            )
            .await;
        let text = |value: &Value| {
            value
                .as_str()
                .unwrap_or_else(|| panic!("{payload:#}"))
                .to_owned()
        };
        (text(&payload["content"]["id"]), text(&payload["revision"]))
    }
}

/// The errors of a payload, as code and path.
pub fn wrong(payload: &Value) -> Vec<String> {
    let errors = payload["userErrors"]
        .as_array()
        .unwrap_or_else(|| panic!("{payload:#}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = errors
        .iter()
        .map(|error| format!("{} {}", text(&error["code"]), text(&error["path"])));
    told.map(|error| error.trim_end().to_owned()).collect()
}

/// A stored body as a client would write it.
pub fn as_input(ipa_code: &str, content_type: ContentType, body: &Value) -> Value {
    let fields = Shapes::get().body(content_type);
    let fields = structure(ipa_code, fields, body);
    json!({ camel(content_type.as_str()): fields })
}

fn structure(ipa_code: &str, fields: &[Field], body: &Value) -> Value {
    let given = fields.iter().filter_map(|field| {
        let value = body.get(&field.name).filter(|value| !value.is_null())?;
        Some((camel(&field.name), input(ipa_code, &field.shape, value)))
    });
    Value::Object(given.collect())
}

fn input(ipa_code: &str, shape: &Shape, value: &Value) -> Value {
    match shape {
        Shape::LocalizedText => texts(value, |text| json!({ "value": text })),
        Shape::LocalizedWords => texts(value, |words| json!({ "words": words })),
        Shape::LocalizedRichText => texts(value, |blocks| {
            let block = Shape::Named(municipio_domain::content::shape::BLOCK.to_owned());
            json!({ "blocks": input(ipa_code, &Shape::List(Box::new(block)), blocks) })
        }),
        Shape::List(inner) => {
            let entries = value.as_array().unwrap().iter();
            entries.map(|entry| input(ipa_code, inner, entry)).collect()
        }
        Shape::Link(target) => {
            let id = value.as_str().unwrap().parse().unwrap();
            let target = target.unwrap_or(ContentType::Page);
            json!(global_id_of(
                ipa_code,
                target,
                municipio_domain::ids::ItemId(id)
            ))
        }
        Shape::Named(name) => match &Shapes::get().named(name).unwrap().kind {
            Kind::Structure(fields) => structure(ipa_code, fields, value),
            Kind::Enumeration(_) => json!(value.as_str().unwrap().to_uppercase()),
            Kind::Choice(alternatives) => {
                let named =
                    |known: &&municipio_domain::content::shape::Alternative| match &known.content {
                        AlternativeContent::Tagged(_) => value["type"] == json!(known.name),
                        AlternativeContent::Value(_) => value.get(&known.name).is_some(),
                    };
                let known = alternatives.iter().find(named).unwrap();
                let content = match &known.content {
                    AlternativeContent::Tagged(fields) if fields.is_empty() => json!(true),
                    AlternativeContent::Tagged(fields) => structure(ipa_code, fields, value),
                    AlternativeContent::Value(shape) => input(ipa_code, shape, &value[&known.name]),
                };
                json!({ camel(&known.name): content })
            }
        },
        _ => value.clone(),
    }
}

fn texts(texts: &Value, form: impl Fn(&Value) -> Value) -> Value {
    let texts = texts.as_object().unwrap().iter();
    let texts = texts.map(|(locale, text)| {
        let mut entry: Map<String, Value> = form(text).as_object().unwrap().clone();
        entry.insert("locale".to_owned(), json!(locale));
        Value::Object(entry)
    });
    texts.collect()
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |name, part| {
        name + &part[..1].to_uppercase() + &part[1..]
    })
}
