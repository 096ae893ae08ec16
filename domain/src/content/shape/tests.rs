use super::*;
use crate::content::Body;

fn shape_of(content_type: ContentType, field: &str) -> Shape {
    let fields = Shapes::get().body(content_type);
    let field = fields.iter().find(|known| known.name == field);
    field.unwrap().shape.clone()
}

#[test]
fn every_type_has_its_fields() {
    for content_type in ContentType::ALL {
        let fields = Shapes::get().body(*content_type);
        let whole = Body::parse(*content_type, serde_json::json!({})).unwrap();
        assert!(fields.len() > 3, "{content_type}");
        assert_eq!(whole.content_type(), *content_type);
    }
}

/// A field that the reader of schemas does not understand would be missing here, and so in inputs.
#[test]
fn fields_are_those_of_the_structs() {
    let refused = Body::parse(ContentType::Service, serde_json::json!({ "?": 1 })).unwrap_err();
    let fields = Shapes::get().body(ContentType::Service);
    for field in fields {
        assert!(refused[0].message.contains(&format!("`{}`", field.name)));
    }
    assert_eq!(
        refused[0].message.matches('`').count() / 2,
        fields.len() + 1
    );
}

#[test]
fn every_field_says_what_it_means_and_how_it_is_called_in_italian() {
    let mut wrong = Vec::new();
    for (name, definition) in Shapes::get().iter() {
        let mut check = |place: String, text: &str| {
            if !text.contains('(') {
                wrong.push(format!("{place}: {text}"));
            }
        };
        check(name.to_owned(), &definition.description);
        match &definition.kind {
            Kind::Structure(fields) => {
                for field in fields {
                    check(format!("{name}.{}", field.name), &field.description);
                }
            }
            Kind::Enumeration(names) => {
                for (value, description) in names {
                    check(format!("{name}.{value}"), description);
                }
            }
            Kind::Choice(alternatives) => {
                for alternative in alternatives {
                    check(
                        format!("{name}.{}", alternative.name),
                        &alternative.description,
                    );
                    if let AlternativeContent::Tagged(fields) = &alternative.content {
                        for field in fields {
                            let place = format!("{name}.{}.{}", alternative.name, field.name);
                            check(place, &field.description);
                        }
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "without an Italian term:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn values_are_told_apart() {
    use ContentType::{Event, NewsItem, Place, Procedure, Service, Topic};
    let named = |name: &str| Shape::Named(name.to_owned());
    let list = |shape| Shape::List(Box::new(shape));
    assert_eq!(shape_of(Service, "title"), Shape::LocalizedText);
    assert_eq!(shape_of(Service, "how_to"), Shape::LocalizedRichText);
    assert_eq!(shape_of(Service, "keywords"), Shape::LocalizedWords);
    assert_eq!(shape_of(Service, "costs"), list(named("Cost")));
    assert_eq!(shape_of(Service, "status"), named("ServiceStatus"));
    assert_eq!(
        shape_of(Service, "digital_channel"),
        named("DigitalChannel")
    );
    assert_eq!(
        shape_of(Service, "topics"),
        list(Shape::Link(Some(ContentType::Topic)))
    );
    assert_eq!(shape_of(Topic, "highlighted"), list(Shape::Link(None)));
    assert_eq!(shape_of(Topic, "code"), Shape::Code("topics".to_owned()));
    assert_eq!(shape_of(NewsItem, "news_date"), Shape::Date);
    assert_eq!(shape_of(NewsItem, "press_number"), Shape::Text);
    assert_eq!(shape_of(Event, "schedule"), named("EventSchedule"));
    assert_eq!(shape_of(Event, "video"), Shape::Text);
    assert_eq!(shape_of(Place, "geo"), named("GeoPoint"));
    assert_eq!(shape_of(Procedure, "term_days"), Shape::Integer);
    assert_eq!(shape_of(Procedure, "tacit_consent"), Shape::Boolean);
}

#[test]
fn blocks_are_alternatives() {
    let Kind::Choice(blocks) = &Shapes::get().named(BLOCK).unwrap().kind else {
        panic!("blocks are no choice");
    };
    let names: Vec<_> = blocks.iter().map(|block| block.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "heading",
            "paragraph",
            "list",
            "table",
            "quote",
            "image",
            "embed",
            "callout"
        ]
    );
    let AlternativeContent::Tagged(fields) = &blocks[0].content else {
        panic!("a heading has fields");
    };
    assert_eq!(fields[0].name, "level");
    assert!(fields[0].is_required);
}
