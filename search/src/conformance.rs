//! The suite that every engine passes: stories of documents that are written and looked for.

use futures_util::stream;
use municipio_domain::{
    content::{ContentType, fields::GeoPoint},
    ids::{ItemId, RevisionId, TenantId},
    locale::Locale,
    search::{
        Batch, Document, DocumentKey, Documents, FacetField, Held, Hits, Near, Position,
        SearchEngine, SearchOrder, SearchQuery, SearchText,
    },
};

/// Calls a macro with the names of all stories.
macro_rules! stories {
    ($run:ident) => {
        $run! {
            words_are_found_in_any_number_with_mistakes_and_as_they_are_begun;
            titles_come_before_texts_and_exact_words_before_mistakes;
            services_come_first_among_equals;
            hits_are_chosen_counted_and_ordered;
            hits_are_leafed_through;
            places_are_found_by_their_distance;
            changes_take_the_place_of_what_was_there;
            an_index_is_made_anew_while_it_answers;
            tenants_and_locales_are_kept_apart;
            whatever_is_written_is_answered;
        }
    };
}
pub(crate) use stories;

pub(crate) fn position(sequence: i64) -> Position {
    Position {
        sequence,
        recipe: "test".to_owned(),
    }
}

pub(crate) fn document(title: &str, body: &str) -> Document {
    Document {
        key: DocumentKey::new(ItemId::generate(), Locale::italian()),
        revision: RevisionId::generate(),
        content_type: ContentType::Page,
        title: title.to_owned(),
        keywords: Vec::new(),
        summary: String::new(),
        body: body.to_owned(),
        names: Vec::new(),
        attachments: String::new(),
        facets: vec![(FacetField::Type, "page".to_owned())],
        date: 0,
        place: None,
        popularity: 0,
    }
}

fn of_type(content_type: ContentType, document: Document) -> Document {
    let facet = (FacetField::Type, content_type.as_str().to_owned());
    Document {
        content_type,
        facets: vec![facet],
        ..document
    }
}

fn all(documents: &[Document]) -> Documents<'_> {
    Box::pin(stream::iter(
        documents.chunks(2).map(|chunk| Ok(chunk.to_vec())),
    ))
}

/// Fills the index of a tenant with pages of these titles and texts, at position 1.
pub(crate) async fn fill(
    engine: &dyn SearchEngine,
    tenant: TenantId,
    pages: &[(&str, &str)],
) -> Vec<Document> {
    let documents: Vec<_> = pages
        .iter()
        .map(|(title, body)| document(title, body))
        .collect();
    engine
        .rebuild(tenant, all(&documents), position(1))
        .await
        .unwrap();
    documents
}

fn query(text: &str) -> SearchQuery {
    let italian = Locale::italian();
    SearchQuery::new(SearchText::read(text, &italian).unwrap(), italian, 20)
}

async fn found(engine: &dyn SearchEngine, tenant: TenantId, query: &SearchQuery) -> Hits {
    engine.query(tenant, query).await.unwrap()
}

/// How many documents are found by a text.
pub(crate) async fn titles(engine: &dyn SearchEngine, tenant: TenantId, text: &str) -> u64 {
    found(engine, tenant, &query(text)).await.total
}

/// The titles of the hits, in order.
async fn named(
    engine: &dyn SearchEngine,
    tenant: TenantId,
    query: &SearchQuery,
    documents: &[Document],
) -> Vec<String> {
    let hits = found(engine, tenant, query).await.hits.into_iter();
    let title = |hit: municipio_domain::search::Hit| {
        let mut documents = documents.iter();
        documents
            .find(|document| document.key.item == hit.item)
            .unwrap()
            .title
            .clone()
    };
    hits.map(title).collect()
}

pub(crate) async fn words_are_found_in_any_number_with_mistakes_and_as_they_are_begun(
    engine: &dyn SearchEngine,
) {
    let tenant = TenantId::generate();
    fill(
        engine,
        tenant,
        &[
            (
                "Carta d'identità elettronica",
                "Il rilascio della carta all'anagrafe",
            ),
            ("Case popolari", "Domande e graduatorie"),
            ("Prestito in biblioteca", "Libri, riviste e film"),
            ("Città dei bambini", "Perché giocare all'aperto"),
        ],
    )
    .await;
    for text in [
        "carta identità",
        "CARTA D’IDENTITA",
        "carte d'identità",
        "carta identtià",
        "carta identta",
        "crta d'identità",
        "casa popolare",
        "bibloteca",
        "biblioteche",
        "libro",
        "bibl",
        "dell'anagrafe",
        "citta",
        "CITTÀ",
        "perche giocare",
        "grauatoria",
        "elettr",
    ] {
        assert_eq!(titles(engine, tenant, text).await, 1, "{text}");
    }
    for text in ["xyzzyx", "zzz"] {
        assert_eq!(titles(engine, tenant, text).await, 0, "{text}");
    }
}

pub(crate) async fn titles_come_before_texts_and_exact_words_before_mistakes(
    engine: &dyn SearchEngine,
) {
    let tenant = TenantId::generate();
    let documents = fill(
        engine,
        tenant,
        &[
            ("Contributi", "La mensa scolastica è un servizio"),
            ("Iscrizione alla mensa", "Per le scuole primarie"),
            ("Menta e basilico", "Erbe"),
        ],
    )
    .await;
    let hits = named(engine, tenant, &query("mensa"), &documents).await;
    assert_eq!(hits[..2], ["Iscrizione alla mensa", "Contributi"]);
}

pub(crate) async fn services_come_first_among_equals(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    let types = [
        ContentType::Page,
        ContentType::NewsItem,
        ContentType::Service,
    ];
    let documents =
        types.map(|content_type| of_type(content_type, document("Tessera elettorale", "")));
    engine
        .rebuild(tenant, all(&documents), position(1))
        .await
        .unwrap();
    let hits = found(engine, tenant, &query("tessera elettorale"))
        .await
        .hits;
    assert_eq!(hits[0].item, documents[2].key.item);
}

pub(crate) async fn hits_are_chosen_counted_and_ordered(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    let titled = [
        ("Rifiuti: calendario", 30),
        ("Rifiuti: bonus", 10),
        ("Rifiuti: centro", 20),
    ];
    let mut documents = titled.map(|(title, date)| Document {
        date,
        ..document(title, "")
    });
    for (index, document) in documents.iter_mut().enumerate() {
        document
            .facets
            .push((FacetField::Topic, format!("topic-{}", index % 2)));
        document
            .facets
            .push((FacetField::Topic, "everywhere".to_owned()));
    }
    engine
        .rebuild(tenant, all(&documents), position(1))
        .await
        .unwrap();
    let mut wanted = query("rifiuti");
    wanted.facets = vec![FacetField::Topic, FacetField::Type];
    let hits = found(engine, tenant, &wanted).await;
    let count = |value: &str, count| (value.to_owned(), count);
    let topics = vec![
        count("everywhere", 3),
        count("topic-0", 2),
        count("topic-1", 1),
    ];
    assert_eq!(
        hits.facets,
        [
            (FacetField::Topic, topics),
            (FacetField::Type, vec![count("page", 3)])
        ]
    );
    for (order, names) in [
        (SearchOrder::Title, ["bonus", "calendario", "centro"]),
        (SearchOrder::Newest, ["calendario", "centro", "bonus"]),
        (SearchOrder::Oldest, ["bonus", "centro", "calendario"]),
    ] {
        wanted.order = order;
        let hits = named(engine, tenant, &wanted, &documents).await;
        assert_eq!(
            hits,
            names.map(|name| format!("Rifiuti: {name}")),
            "{order:?}"
        );
    }
    wanted.filters = vec![(
        FacetField::Topic,
        vec!["topic-1".to_owned(), "nowhere".to_owned()],
    )];
    assert_eq!(
        named(engine, tenant, &wanted, &documents).await,
        ["Rifiuti: bonus"]
    );
    let both = (FacetField::Type, vec!["service".to_owned()]);
    wanted.filters.push(both);
    assert_eq!(found(engine, tenant, &wanted).await.total, 0);
    let mut of_days = query("");
    (of_days.from, of_days.until) = (Some(10), Some(30));
    assert_eq!(found(engine, tenant, &of_days).await.total, 2);
}

pub(crate) async fn hits_are_leafed_through(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    let documents: Vec<_> = (0..25)
        .map(|number| document(&format!("Avviso {number}"), ""))
        .collect();
    engine
        .rebuild(tenant, all(&documents), position(1))
        .await
        .unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for offset in [0, 10, 20] {
        let mut page = query("avviso");
        (page.offset, page.size) = (offset, 10);
        let hits = found(engine, tenant, &page).await;
        assert_eq!(hits.total, 25);
        seen.extend(hits.hits.into_iter().map(|hit| hit.item));
    }
    assert_eq!(seen.len(), 25);
    let mut beyond = query("avviso");
    beyond.offset = 40;
    assert_eq!(found(engine, tenant, &beyond).await.hits, []);
}

pub(crate) async fn places_are_found_by_their_distance(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    let at = |title: &str, latitude| Document {
        place: Some(GeoPoint {
            latitude,
            longitude: 11.0,
        }),
        ..document(title, "")
    };
    let documents = [
        at("Parco lontano", 46.1),
        at("Parco vicino", 46.001),
        document("Parco ovunque", ""),
    ];
    engine
        .rebuild(tenant, all(&documents), position(1))
        .await
        .unwrap();
    let mut near = query("parco");
    near.order = SearchOrder::Distance;
    let point = GeoPoint {
        latitude: 46.0,
        longitude: 11.0,
    };
    near.near = Some(Near {
        point,
        within: None,
    });
    let hits = named(engine, tenant, &near, &documents).await;
    assert_eq!(hits, ["Parco vicino", "Parco lontano", "Parco ovunque"]);
    near.near = Some(Near {
        point,
        within: Some(1_000),
    });
    assert_eq!(
        named(engine, tenant, &near, &documents).await,
        ["Parco vicino"]
    );
}

pub(crate) async fn changes_take_the_place_of_what_was_there(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    assert_eq!(engine.status(tenant).await.unwrap().position, None);
    let documents = fill(engine, tenant, &[("Piscina calcoi", ""), ("Palestra", "")]).await;
    let renamed = Document {
        title: "Campo da calcio".to_owned(),
        revision: RevisionId::generate(),
        ..documents[0].clone()
    };
    let batch = Batch {
        documents: vec![renamed.clone()],
        removed: vec![documents[1].key.clone()],
        position: Some(position(7)),
    };
    engine.apply(tenant, batch).await.unwrap();
    // A word that is written no more is a mistake again.
    for (text, count) in [
        ("piscina", 0),
        ("palestra", 0),
        ("calcio", 1),
        ("calcoi", 1),
    ] {
        assert_eq!(titles(engine, tenant, text).await, count, "{text}");
    }
    let status = engine.status(tenant).await.unwrap();
    assert_eq!((status.position, status.documents), (Some(position(7)), 1));
    let held = Held {
        key: renamed.key.clone(),
        digest: renamed.digest(),
    };
    assert_eq!(engine.held(tenant).await.unwrap(), [held]);
    // A repair leaves the position.
    let batch = Batch {
        documents: vec![document("Palestra", "")],
        ..Batch::default()
    };
    engine.apply(tenant, batch).await.unwrap();
    assert_eq!(
        engine.status(tenant).await.unwrap().position,
        Some(position(7))
    );
    engine.forget(tenant).await.unwrap();
    assert_eq!(engine.status(tenant).await.unwrap(), Default::default());
}

pub(crate) async fn an_index_is_made_anew_while_it_answers(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    fill(
        engine,
        tenant,
        &[("Vecchio orario", ""), ("Orario estivo", "")],
    )
    .await;
    let fresh = [document("Nuovo orario", "")];
    let meanwhile = async |documents: Vec<Document>| {
        assert_eq!(
            titles(engine, tenant, "orario").await,
            2,
            "what is there answers"
        );
        Ok(documents)
    };
    let documents = stream::iter([fresh.to_vec()]);
    let documents =
        futures_util::StreamExt::then(documents, |documents| Box::pin(meanwhile(documents)));
    engine
        .rebuild(tenant, Box::pin(documents), position(3))
        .await
        .unwrap();
    assert_eq!(titles(engine, tenant, "orario").await, 1);
    assert_eq!(
        engine.status(tenant).await.unwrap().position,
        Some(position(3))
    );
    // One that fails changes nothing.
    let broken = stream::iter([
        Ok(vec![document("Altro orario", "")]),
        Err(municipio_domain::search::EngineError::Source(
            "gone".to_owned(),
        )),
    ]);
    let failed = engine.rebuild(tenant, Box::pin(broken), position(4)).await;
    assert!(failed.is_err());
    assert_eq!(
        engine.status(tenant).await.unwrap().position,
        Some(position(3))
    );
    assert!(titles(engine, tenant, "nuovo orario").await >= 1);
}

pub(crate) async fn tenants_and_locales_are_kept_apart(engine: &dyn SearchEngine) {
    let [tenant, other] = [TenantId::generate(), TenantId::generate()];
    let documents = fill(engine, tenant, &[("Biblioteca", "")]).await;
    let german = Document {
        key: DocumentKey::new(documents[0].key.item, "de".parse().unwrap()),
        ..document("Bibliotecca", "")
    };
    let batch = Batch {
        documents: vec![german],
        ..Batch::default()
    };
    engine.apply(tenant, batch).await.unwrap();
    assert_eq!(titles(engine, other, "biblioteca").await, 0);
    // What is written in another locale is a mistake in this one.
    assert_eq!(titles(engine, tenant, "bibliotecca").await, 1);
    let german = query("");
    let german = SearchQuery {
        locale: "de".parse().unwrap(),
        ..german
    };
    assert_eq!(found(engine, tenant, &german).await.total, 1);
    engine.forget(other).await.unwrap();
    assert_eq!(titles(engine, tenant, "biblioteca").await, 1);
}

pub(crate) async fn whatever_is_written_is_answered(engine: &dyn SearchEngine) {
    let tenant = TenantId::generate();
    fill(
        engine,
        tenant,
        &[("Carta d'identità \"elettronica\" 🪪", "بطاقة الهوية")],
    )
    .await;
    for text in [
        "",
        " ",
        "\0",
        "\"",
        "\\",
        "carta AND NOT (identità",
        "tenant = x OR 1 = 1",
        "*",
        "title:carta",
        "-carta",
        "🪪🙂",
        "بطاقة",
        "\u{202e}atrac",
        "a b c d e f g h i l m n o p q r s t u v z",
        "' OR ''='",
        "[1 TO 2]",
        "/.*/",
        "carta~2^4",
    ] {
        found(engine, tenant, &query(text)).await;
    }
    assert_eq!(titles(engine, tenant, "بطاقة").await, 1);
    let mut hostile = query("carta");
    hostile.filters = vec![(
        FacetField::Category,
        vec![
            "x\" OR type = \"page".to_owned(),
            "\\".to_owned(),
            "'".to_owned(),
        ],
    )];
    assert_eq!(found(engine, tenant, &hostile).await.total, 0);
}
