//! Who sees which cases: an officer those of the offices that a role names and of those below, and the public none.

use municipio_domain::{citizens::DEMO_CITIZENS, content::ContentType, ids::ItemId};
use municipio_tests::{on_both, story::global_id};
use serde_json::json;

use super::story::{MARIO, Story, wrong};

/// A small generator of numbers, the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % sides
    }
}

on_both! {
    async fn officers_see_the_cases_of_their_offices_and_of_those_below(engine) {
        let story = Story::begin(engine).await;
        let [area, below, beside] = story.offices;
        let officers = [story.officer(area).await, story.officer(below).await, story.officer(beside).await];
        // Whom the office of a case is within reach of: the area reaches the office below it.
        let reaches = |officer: usize, office: ItemId| match officer {
            0 => office == area || office == below,
            1 => office == below,
            _ => office == beside,
        };
        let mut dice = Dice(7);
        let mut cases = Vec::new();
        for number in 0..12 {
            let office = story.offices[dice.roll(3)];
            let subject = format!("Pratica {number:02}");
            let case = story.open(&story.chief, office, &subject).await;
            cases.push((case["id"].clone(), office, subject));
        }
        // Some go from one office to another.
        for _ in 0..5 {
            let (id, office, _) = &mut cases[dice.roll(12)];
            *office = story.offices[dice.roll(3)];
            let version = story.case(&story.chief, id).await["version"].clone();
            let input = json!({ "id": id, "expectedVersion": version, "office": global_id(ContentType::Office, *office) });
            story.done(&story.chief, "assignCase", input).await;
        }
        for (officer, token) in officers.iter().enumerate() {
            let own = cases.iter().filter(|(_, office, _)| reaches(officer, *office));
            let own: Vec<_> = own.map(|(_, _, subject)| subject.clone()).collect();
            assert_eq!(story.subjects(token, json!(null)).await, own);
            let query = "{ cases { totalCount statusCounts { status count } } }";
            let counted = story.ask(token, query, json!({})).await["cases"].take();
            assert_eq!(counted["totalCount"], own.len());
            let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Case { subject applicant { fiscalCode } timeline { text } } } }";
            let ids: Vec<_> = cases.iter().map(|(id, ..)| id).collect();
            let seen = story.ask(token, nodes, json!({ "ids": ids })).await["nodes"].take();
            for (index, (id, office, _)) in cases.iter().enumerate() {
                let may = reaches(officer, *office);
                assert_eq!(story.case(token, id).await.is_null(), !may);
                assert_eq!(seen[index].is_null(), !may);
                if !may {
                    let note = json!({ "id": id, "audience": "OFFICE", "text": "Anch'io" });
                    let refused = story.mutate(token, "sendCaseMessage", note).await;
                    assert_eq!(wrong(&refused), [("NOT_FOUND".to_owned(), "id".to_owned())]);
                    let step = json!({ "id": id, "expectedVersion": 1, "transition": "register" });
                    assert_eq!(wrong(&story.mutate(token, "transitionCase", step).await)[0].0, "NOT_FOUND");
                }
            }
        }
        let everybody = story.app.ask("query($id: ID!) { case(id: $id) { id } cases { totalCount } }", json!({ "id": cases[0].0 })).await;
        assert_eq!(everybody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(everybody["errors"][1]["extensions"]["code"], "UNAUTHENTICATED");
        assert!(everybody["data"]["case"].is_null() && everybody["data"]["cases"].is_null());
    }
}

on_both! {
    async fn work_queues_are_filtered_and_ordered(engine) {
        let story = Story::begin(engine).await;
        let [_, below, beside] = story.offices;
        for subject in ["Prima", "Seconda", "Terza"] {
            story.open(&story.chief, below, subject).await;
        }
        let moved = story.in_progress(&story.chief, beside).await;
        let me = story.ask(&story.chief, "{ me { account { id } } }", json!({})).await;
        let mine = json!({ "id": moved["id"], "expectedVersion": moved["version"], "officer": me["me"]["account"]["id"] });
        let assigned = story.done(&story.chief, "assignCase", mine).await;
        assert!(assigned["officer"]["name"].is_string());
        for (filter, subjects) in [
            (json!({ "mine": true }), vec!["Trasloco"]),
            (json!({ "unassigned": true }), vec!["Prima", "Seconda", "Terza"]),
            (json!({ "office": global_id(ContentType::Office, beside) }), vec!["Trasloco"]),
            (json!({ "states": ["submitted"] }), vec!["Prima", "Seconda", "Terza"]),
            (json!({ "protocolNumber": "2026/0001234" }), vec!["Trasloco"]),
            (json!({ "statuses": ["CONCLUDED_POSITIVE"] }), vec![]),
            (json!({ "isOpen": true, "procedure": global_id(ContentType::Procedure, story.procedure) }), vec!["Prima", "Seconda", "Terza", "Trasloco"]),
        ] {
            assert_eq!(story.subjects(&story.chief, filter.clone()).await, subjects, "{filter}");
        }
        let query = "query($filter: CaseFilter) { cases(filter: $filter) { nodes { id } } }";
        for (name, value) in [("protocolNumber", json!("a\0b")), ("states", json!(["granted", "\0"])), ("states", json!(["a".repeat(300)]))] {
            let refused = story.app.ask_as(&story.chief, query, json!({ "filter": { name: value } })).await;
            let said = &refused["errors"][0]["extensions"];
            assert_eq!((&said["code"], &said["argument"]), (&json!("INVALID_ARGUMENT"), &json!(format!("filter.{name}"))), "{refused:#}");
        }
        let queue = "query($first: Int) { cases(first: $first) { nodes { subject state { label } procedure { title } office { title } availableTransitions { code } timeline { text } accesses { reader } } } }";
        let statements = async |first: i32| {
            let work = async || { story.ask(&story.chief, queue, json!({ "first": first })).await; };
            story.app.statements(work).await
        };
        assert_eq!(statements(1).await, statements(4).await, "however many are shown");
        let page = "query($after: String, $before: String, $first: Int, $last: Int) { cases(orderBy: UPDATED, first: $first, last: $last, after: $after, before: $before) {
            nodes { subject } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";
        let subjects = |page: &serde_json::Value| municipio_tests::story::column(&page["cases"]["nodes"], "subject");
        let first = story.ask(&story.chief, page, json!({ "first": 2 })).await;
        assert_eq!(subjects(&first), ["Trasloco", "Terza"]);
        assert_eq!((&first["cases"]["totalCount"], &first["cases"]["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)));
        let rest = story.ask(&story.chief, page, json!({ "first": 5, "after": first["cases"]["pageInfo"]["endCursor"] })).await;
        assert_eq!(subjects(&rest), ["Seconda", "Prima"]);
        let back = story.ask(&story.chief, page, json!({ "last": 1, "before": rest["cases"]["pageInfo"]["startCursor"] })).await;
        assert_eq!(subjects(&back), ["Terza"]);
    }
}

on_both! {
    async fn citizens_see_their_own_cases_alone(engine) {
        let story = Story::begin(engine).await;
        let mut dice = Dice(11);
        let mut cases = Vec::new();
        for number in 0..12 {
            // Of one of the citizens, of somebody else, or of nobody.
            let owner = dice.roll(5);
            let applicant = match owner {
                0..3 => json!({ "fiscalCode": DEMO_CITIZENS[owner].fiscal_code }),
                3 => json!({ "fiscalCode": MARIO }),
                _ => json!(null),
            };
            let subject = format!("Pratica {number:02}");
            let input = json!({
                "procedure": global_id(ContentType::Procedure, story.procedure),
                "office": global_id(ContentType::Office, story.offices[dice.roll(3)]),
                "subject": subject,
                "applicant": applicant,
            });
            let case = story.done(&story.chief, "openCase", input).await;
            cases.push((case["id"].clone(), owner, subject));
        }
        for citizen in 0..3 {
            let token = story.app.citizen(&story.tenant, citizen + 1).await;
            let own = cases.iter().filter(|(_, owner, _)| *owner == citizen);
            let own: Vec<_> = own.map(|(_, _, subject)| subject.clone()).collect();
            let mine = "{ myCases(orderBy: OLDEST, first: 100) { totalCount nodes { subject } } }";
            let listed = story.ask(&token, mine, json!({})).await["myCases"].take();
            assert_eq!(municipio_tests::story::column(&listed["nodes"], "subject"), own);
            assert_eq!(listed["totalCount"], own.len());
            let queue = story.app.ask_as(&token, "{ cases { totalCount } }", json!({})).await;
            assert_eq!(queue["errors"][0]["extensions"]["code"], "FORBIDDEN");
            for (id, owner, _) in &cases {
                let is_own = *owner == citizen;
                assert_eq!(story.case(&token, id).await.is_null(), !is_own);
                let message = json!({ "id": id, "audience": "EVERYONE", "text": "Buongiorno" });
                let sent = story.mutate(&token, "sendCaseMessage", message).await;
                assert_eq!(sent["userErrors"] == json!([]), is_own, "{sent:#}");
                let assign = json!({ "input": { "id": id, "expectedVersion": 1 } });
                let query = "mutation($input: AssignCaseInput!) { assignCase(input: $input) { userErrors { code } } }";
                let refused = story.app.ask_as(&token, query, assign).await;
                assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
            }
        }
    }
}
