//! Lists page by page: every item exactly once, in the same order forwards and backwards, whatever
//! the size of the page and whatever is published or unpublished on the way.

use std::{collections::HashSet, fmt::Write};

use municipio_tests::{TestApp, on_both, story::column};
use serde_json::{Value, json};

const ORDERS: [&str; 6] = [
    "TITLE_ASC",
    "TITLE_DESC",
    "DATE_ASC",
    "DATE_DESC",
    "UPDATED_ASC",
    "UPDATED_DESC",
];

/// The root fields that list content both ways, by introspection: a new list is walked without a new
/// test.
async fn roots(app: &TestApp) -> Vec<String> {
    let data = app
        .data("{ __type(name: \"Query\") { fields { name args { name } } } }")
        .await;
    let fields = data["__type"]["fields"].as_array().unwrap();
    let pages = |field: &&Value| {
        let names = column(&field["args"], "name");
        ["first", "last", "before", "after", "orderBy"]
            .iter()
            .all(|name| names.iter().any(|own| own == name))
    };
    let roots: Vec<_> = fields
        .iter()
        .filter(pages)
        .map(|field| field["name"].as_str().unwrap().to_owned())
        // Not for everybody: tests/e2e/cursors.rs and tests/e2e/cases page through them.
        .filter(|name| !["contentItems", "cases", "myCases"].contains(&name.as_str()))
        .collect();
    assert_eq!(roots.len(), 15, "{roots:?}");
    roots
}

/// A list that is being walked.
struct Walk {
    root: String,
    order: &'static str,
    size: usize,
    backwards: bool,
    cursor: Option<String>,
    seen: Vec<String>,
    done: bool,
}

impl Walk {
    fn new(root: &str, order: &'static str, size: usize, backwards: bool) -> Self {
        Self {
            root: root.to_owned(),
            order,
            size,
            backwards,
            cursor: None,
            seen: Vec::new(),
            done: false,
        }
    }

    fn field(&self, alias: usize) -> String {
        let (size, place) = if self.backwards {
            ("last", "before")
        } else {
            ("first", "after")
        };
        let mut arguments = format!("orderBy: {}, {size}: {}", self.order, self.size);
        if let Some(cursor) = &self.cursor {
            write!(arguments, ", {place}: \"{cursor}\"").unwrap();
        }
        format!(
            "w{alias}: {}({arguments}) {{ totalCount edges {{ cursor node {{ id }} }} nodes {{ id }}
               pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} ",
            self.root
        )
    }

    fn take(&mut self, page: &Value) {
        let what = format!(
            "{} {} {} backwards: {}",
            self.root, self.order, self.size, self.backwards
        );
        let mut ids = column(&page["nodes"], "id");
        let edges = page["edges"].as_array().unwrap();
        let nodes: Vec<_> = edges
            .iter()
            .map(|edge| edge["node"]["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, nodes, "{what}: nodes and edges");
        let info = &page["pageInfo"];
        assert_eq!(
            info["startCursor"],
            edges
                .first()
                .map_or(Value::Null, |edge| edge["cursor"].clone()),
            "{what}"
        );
        assert_eq!(
            info["endCursor"],
            edges
                .last()
                .map_or(Value::Null, |edge| edge["cursor"].clone()),
            "{what}"
        );
        let total = usize::try_from(page["totalCount"].as_u64().unwrap()).unwrap();
        let is_first = self.seen.is_empty();
        let is_last = self.seen.len() + ids.len() == total;
        let (next, previous) = if self.backwards {
            (!is_first, !is_last)
        } else {
            (!is_last, !is_first)
        };
        assert_eq!(
            info["hasNextPage"],
            json!(next),
            "{what} after {} of {total}",
            self.seen.len()
        );
        assert_eq!(
            info["hasPreviousPage"],
            json!(previous),
            "{what} after {} of {total}",
            self.seen.len()
        );
        assert_eq!(
            ids.len(),
            self.size.min(total - self.seen.len()),
            "{what}: a page is full unless it is the last"
        );
        if self.backwards {
            ids.reverse();
        }
        self.seen.extend(ids);
        let place = if self.backwards {
            "startCursor"
        } else {
            "endCursor"
        };
        self.cursor = info[place].as_str().map(str::to_owned);
        self.done = is_last;
    }
}

/// Walks all of these at once, a page of each with every request.
async fn walk(app: &TestApp, walks: &mut [Walk]) {
    while walks.iter().any(|walk| !walk.done) {
        let open = || walks.iter().enumerate().filter(|(_, walk)| !walk.done);
        let fields: String = open().map(|(alias, walk)| walk.field(alias)).collect();
        let data = app.data(&format!("{{ {fields} }}")).await;
        for (alias, walk) in walks.iter_mut().enumerate().filter(|(_, walk)| !walk.done) {
            walk.take(&data[format!("w{alias}")]);
        }
    }
}

on_both! {
    async fn every_list_gives_every_item_once_in_every_order_both_ways(engine) {
        let app = TestApp::demo(engine).await;
        let roots = roots(&app).await;
        for (shift, order) in ORDERS.into_iter().enumerate() {
            let walks = |backwards: bool, shift: usize| -> Vec<Walk> {
                let each = roots.iter().enumerate();
                each.map(|(index, root)| Walk::new(root, order, 1 + (index + shift) % 7, backwards)).collect()
            };
            let (mut there, mut back) = (walks(false, shift), walks(true, shift + 3));
            walk(&app, &mut there).await;
            walk(&app, &mut back).await;
            for (there, mut back) in there.into_iter().zip(back) {
                let once: HashSet<_> = there.seen.iter().collect();
                assert!(!once.is_empty(), "{} is empty in the demo", there.root);
                assert_eq!(once.len(), there.seen.len(), "{} {order}: an item comes twice", there.root);
                back.seen.reverse();
                assert_eq!(there.seen, back.seen, "{} {order}: backwards is not forwards reversed", there.root);
            }
        }
    }
}

on_both! {
    async fn an_order_and_its_opposite_are_mirror_images(engine) {
        let app = TestApp::demo(engine).await;
        for root in roots(&app).await {
            let mut orders = [0, 2, 4].map(|index| [ORDERS[index], ORDERS[index + 1]]).into_iter().flatten();
            let mut walks: Vec<_> = orders.by_ref().map(|order| Walk::new(&root, order, 100, false)).collect();
            walk(&app, &mut walks).await;
            for pair in walks.chunks(2) {
                let mirrored: Vec<_> = pair[1].seen.iter().rev().cloned().collect();
                assert_eq!(pair[0].seen, mirrored, "{root} {}", pair[0].order);
            }
        }
    }
}

on_both! {
    async fn what_is_published_and_unpublished_on_the_way_breaks_no_page(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let mut ids = Vec::new();
        for letter in "bdfhjlnprtvx".chars() {
            ids.push(editor.topic(&format!("{letter} argomento")).await);
        }
        let mut seen = Vec::new();
        let mut after = Value::Null;
        let mut removed = Vec::new();
        for round in 0.. {
            let page = app.read("", "query($after: String) { topics(first: 3, after: $after) {
                nodes { id title } pageInfo { hasNextPage endCursor } } }", json!({ "after": after })).await;
            let titles = column(&page["topics"]["nodes"], "title");
            seen.extend(titles.clone());
            if page["topics"]["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = page["topics"]["pageInfo"]["endCursor"].clone();
            // The very item of the cursor goes, so does one further on; others come on both sides.
            let last = titles.last().unwrap();
            let place = "bdfhjlnprtvx".find(&last[..1]).unwrap();
            editor.unpublish(ids[place]).await;
            if round == 0 {
                editor.unpublish(ids[place + 2]).await;
                removed.push("j argomento");
                editor.topic("a prima").await;
                editor.topic("g dopo").await;
            }
            assert!(round < 20, "the walk does not end");
        }
        let wanted: Vec<_> = "bdfghlnprtvx".chars().map(|letter| match letter {
            'g' => "g dopo".to_owned(),
            letter => format!("{letter} argomento"),
        }).collect();
        assert_eq!(seen, wanted, "removed: {removed:?}");
    }
}

on_both! {
    async fn a_page_backwards_from_an_item_that_is_gone_ends_before_its_place(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        let editor = app.editor(&tenant);
        let mut ids = Vec::new();
        for title in ["Acqua", "Bosco", "Clima", "Dati"] {
            ids.push(editor.topic(title).await);
        }
        let page = app.data("{ topics(last: 1) { nodes { title } pageInfo { startCursor } } }").await;
        assert_eq!(column(&page["topics"]["nodes"], "title"), ["Dati"]);
        let cursor = page["topics"]["pageInfo"]["startCursor"].as_str().unwrap();
        editor.unpublish(ids[3]).await;
        let page = app.data(&format!("{{ topics(last: 2, before: \"{cursor}\") {{
            totalCount nodes {{ title }} pageInfo {{ hasPreviousPage }} }} }}")).await;
        assert_eq!(column(&page["topics"]["nodes"], "title"), ["Bosco", "Clima"]);
        assert_eq!(page["topics"]["totalCount"], json!(3));
        assert_eq!(page["topics"]["pageInfo"]["hasPreviousPage"], json!(true));
    }
}

on_both! {
    async fn a_page_between_two_places_holds_what_lies_between(engine) {
        let app = TestApp::empty(engine).await;
        let tenant = app.tenant("c_x001", "www.x001.example").await;
        for title in ["Acqua", "Bosco", "Clima", "Dati", "Energia"] {
            app.editor(&tenant).topic(title).await;
        }
        for (order, first, last) in [("TITLE_ASC", "Acqua", "Energia"), ("TITLE_DESC", "Energia", "Acqua")] {
            let all = app.data(&format!("{{ topics(orderBy: {order}) {{ edges {{ cursor node {{ title }} }} }} }}")).await;
            let edges = &all["topics"]["edges"];
            assert_eq!((edges[0]["node"]["title"].as_str(), edges[4]["node"]["title"].as_str()), (Some(first), Some(last)));
            for size in ["first", "last"] {
                let page = app.data(&format!("{{ topics(orderBy: {order}, {size}: 10, after: {}, before: {}) {{ nodes {{ title }} }} }}",
                    edges[0]["cursor"], edges[4]["cursor"])).await;
                let between: Vec<_> = (1..4).map(|at| edges[at]["node"]["title"].as_str().unwrap()).collect();
                assert_eq!(column(&page["topics"]["nodes"], "title"), between, "{order} {size}");
            }
        }
    }
}
