//! The program is killed again and again while many cases go on, and App IO refuses, answers late or not at all: in the end
//! each message arrived once, or is visibly in doubt; none is lost, and IO was never called more often than it allows.
//! `MUNICIPIO_CHANGES` is the number of transitions, 60 when it is not set. And the commands.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    hash::BuildHasher,
    net::TcpListener,
    time::{Duration, Instant},
};

use actix_web::rt;
use municipio_domain::{
    cases::{
        CaseOrigin, Cases, NewCase, People, Person, Protocol, Sight, Step, Terms, decide, hold,
        open_case, transition,
    },
    citizens::CitizenKeys,
    content::{ContentType, Contents},
    identity::Vault,
    ids::CaseId,
    notifications::{
        AccountSettings, Doubt, Environment, MessageEvent, NewService, NewSheet, NewTemplate,
        Notification, NotificationStatus, Notifications, Occasion, Place as Location, Precondition,
        ServiceKeys, SheetSettings, TemplateContent, Texts, configure, create_service, link_sheet,
        save_template,
    },
    procedures::Who,
    store::TenantStore,
    tenants,
    time::{ClosingCalendar, legal_day},
};
use municipio_integrations::appio::double::{self, Conduct, Double, Faults};
use municipio_tests::{Editor, Engine, now, smtp::SmtpServer};
use serde_json::json;

use crate::{program::Folder, publishing::Place};

const SECRET: &str = "a secret of at least thirty-two characters";
const KEY: &str = "chiave-primaria-di-prova";
const MANAGE_KEY: &str = "chiave-di-gestione-di-prova";

fn transitions() -> usize {
    let changes = std::env::var("MUNICIPIO_CHANGES").ok();
    changes
        .and_then(|changes| changes.parse().ok())
        .unwrap_or(60)
}

/// What goes wrong; what fails is tried again after a minute, which nobody waits for here.
const FAULTS: Faults = Faults {
    throttled: 5,
    failing: 0,
    lost: 1,
    slow: 10,
};

fn double(faults: Faults) -> Double {
    let conduct = Conduct {
        faults,
        ..Conduct::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut double = Double::new(listener, conduct, now).unwrap();
    rt::spawn(double.server().unwrap());
    double
}

fn account() -> AccountSettings {
    AccountSettings {
        is_enabled: true,
        environment: Environment::Production,
        is_premium: false,
        calls: 150,
        case_address: "https://servizi.comune.example/pratiche/{id}".to_owned(),
        remote_configuration: None,
        mail_sender: Some("pratiche@comune.example".to_owned()),
        manage_key: None,
        lollipop_key: None,
    }
}

/// The municipality writes through the double.
async fn set_up(store: &TenantStore, double: &Double) {
    let service = double.add_service(double::NewService {
        account: "comune".to_owned(),
        keys: vec![KEY.to_owned()],
        is_live: true,
        groups: Default::default(),
        max_payment: 0,
    });
    let (vault, transaction) = (Vault::new(SECRET).unwrap(), store.begin().await.unwrap());
    configure(&transaction, &vault, account(), now())
        .await
        .unwrap();
    let new = NewService {
        name: "Pratiche".to_owned(),
        service_id: service,
        keys: ServiceKeys {
            primary: KEY.to_owned(),
            secondary: None,
        },
    };
    let service = create_service(&transaction, &vault, new, now())
        .await
        .unwrap();
    let italian = Texts {
        subject: "Richiesta ricevuta: {{protocol}}".to_owned(),
        markdown: "Il {{municipality}} ha ricevuto la tua richiesta per «{{procedure}}» e ti scriverà quando ci saranno novità.".to_owned(),
        ..Texts::default()
    };
    let template = NewTemplate {
        service: service.id,
        occasion: Occasion {
            event: MessageEvent::Received,
            procedure: None,
            transition: None,
        },
        content: TemplateContent {
            place: Location::Static,
            is_secure: false,
            precondition: Precondition::Never,
            in_doubt: Doubt::Hold,
            due: None,
            attaches_files: false,
            italian,
            english: None,
        },
        is_enabled: true,
    };
    save_template(&transaction, None, template, now())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

/// The municipality manages its services there, and has one linked under a topic that there is not.
async fn manage(store: &TenantStore, editor: &Editor, double: &Double) {
    double.add_configuration(MANAGE_KEY);
    let (vault, transaction) = (Vault::new(SECRET).unwrap(), store.begin().await.unwrap());
    let settings = AccountSettings {
        manage_key: Some(MANAGE_KEY.to_owned()),
        lollipop_key: None,
        ..account()
    };
    configure(&transaction, &vault, settings, now())
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let item = editor
        .draft(ContentType::Service, json!({ "title": "Mensa" }))
        .await;
    let transaction = store.begin().await.unwrap();
    let new = NewSheet {
        item,
        io_id: None,
        settings: SheetSettings {
            topic_id: 99,
            ..SheetSettings::default()
        },
    };
    link_sheet(&transaction, new, now()).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Cases come in and are entered into the protocol, which their applicants are told.
async fn go_on(store: TenantStore, editor: Editor, count: usize) -> Vec<CaseId> {
    let basics = editor.basics().await;
    let states = json!([{ "code": "open", "label": "Aperta" }, { "code": "registered", "label": "Registrata" }]);
    let register = json!({ "code": "register", "label": "Protocolla", "from": ["open"], "to": "registered",
        "takers": ["system"], "requires": [{ "type": "protocol" }], "effect": "register", "notifies": ["applicant"] });
    let body = json!({ "title": "Procedimento", "short_description": "Un procedimento", "description": "Come si fa.",
        "competent_body": basics.office, "definition": { "states": states, "transitions": [register] } });
    let procedure = editor.draft(ContentType::Procedure, body).await;
    let contents = Contents::new(store.clone(), Contents::cache(10));
    let vault = Vault::new(SECRET).unwrap();
    let keys: &CitizenKeys = vault.citizens().unwrap();
    let (calendar, mut ids) = (ClosingCalendar::default(), Vec::new());
    let revision = contents.work_items(&[procedure]).await.unwrap()[0]
        .draft
        .unwrap();
    let bodies = Cases::from(&contents)
        .procedures(&[revision])
        .await
        .unwrap();
    let body = &bodies[&revision];
    for number in 0..count {
        let transaction = store.begin().await.unwrap();
        let new = NewCase {
            procedure,
            revision: (revision, body),
            office: None,
            people: People {
                applicant: Some(Person {
                    fiscal_code: "RSSMRA80A01H501U".parse().unwrap(),
                    name: None,
                    email: None,
                }),
                delegate: None,
                subject: "Prova".to_owned(),
            },
            data: None,
            origin: CaseOrigin::Office,
            is_by_parent: false,
        };
        let case = open_case(&transaction, keys, new, "system".to_owned(), now())
            .await
            .unwrap();
        let held = hold(&transaction, &Sight::Time, case.id, None)
            .await
            .unwrap();
        let step = Step {
            transition: "register".to_owned(),
            protocol: Some(Protocol {
                number: format!("2026/{number:07}"),
                date: legal_day(now()),
            }),
            ..Step::default()
        };
        let definition = body.definition.as_ref().unwrap();
        let terms = Terms {
            calendar: &calendar,
            now: now(),
        };
        let movement = decide(definition, &held.events, &Who::System, &step, &terms).unwrap();
        let taken = (definition, movement, step);
        let moved = transition(&transaction, keys, held, taken, "system".to_owned(), now()).await;
        moved.unwrap();
        transaction.commit().await.unwrap();
        ids.push(case.id);
    }
    ids
}

/// The notifications of all these cases, once none of them is under way any more.
async fn settled(store: &TenantStore, cases: &[CaseId]) -> Vec<Notification> {
    let contents = Contents::new(store.clone(), Contents::cache(0));
    let end = Instant::now()
        + Duration::from_secs(80)
        + Duration::from_millis(300) * u32::try_from(cases.len()).unwrap();
    loop {
        let found = Notifications::from(&contents)
            .of_cases(cases)
            .await
            .unwrap();
        let all: Vec<_> = found.into_values().flatten().collect();
        let is_open = |one: &&Notification| {
            matches!(
                one.status,
                NotificationStatus::Queued | NotificationStatus::Sending
            )
        };
        let open = all.iter().filter(is_open).count();
        if open == 0 {
            return all;
        }
        assert!(Instant::now() < end, "{open} are still under way");
        rt::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn kill_while_sending(engine: Engine) {
    let double = double(FAULTS);
    let place = Place::new(engine)
        .await
        .with("MUNICIPIO_SECRET", SECRET)
        .with("MUNICIPIO_APPIO_URL", &double.url);
    place.folder.succeed(&["tenant", "create", "c_h501"]);
    let database = place.database().await;
    let tenant = tenants::show(&database, &"c_h501".parse().unwrap())
        .await
        .unwrap();
    let store = database.tenant(tenant.id);
    set_up(&store, &double).await;
    let editor = Editor::new(database.clone(), &tenant);
    let writer = rt::spawn(go_on(store.clone(), editor, transitions()));
    let mut kills = 0_u32;
    while kills < 5 || !writer.is_finished() {
        let server = place.folder.serve();
        // The moment of the blow, not a wait for something.
        let moment = 200 + RandomState::new().hash_one(kills) % 700;
        rt::time::sleep(Duration::from_millis(moment)).await;
        assert_eq!(server.stop("KILL").code, None);
        kills += 1;
    }
    let cases = writer.await.unwrap();
    let server = place.folder.serve();
    let all = settled(&store, &cases).await;
    assert_eq!(all.len(), cases.len(), "each transition is told of once");
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for taken in double.taken() {
        let subject = taken.body["content"]["subject"].as_str().unwrap();
        *arrived.entry(subject.to_owned()).or_default() += 1;
    }
    assert!(
        arrived.values().all(|count| *count == 1),
        "nothing arrives twice: {arrived:#?}"
    );
    let count = |status| all.iter().filter(|one| one.status == status).count();
    let (sent, doubtful) = (
        count(NotificationStatus::Sent) + count(NotificationStatus::Delivered),
        count(NotificationStatus::Ambiguous),
    );
    assert_eq!(sent + doubtful, cases.len(), "none is lost unseen");
    assert!(arrived.len() >= sent && arrived.len() <= sent + doubtful);
    // IO answers 150, and 90 are taken; of the 32 that are sent at once those come later than their turn whose
    // question before was answered slowly.
    let busiest = double.busiest();
    assert!(busiest <= 90 + 32, "{busiest} calls in five seconds");
    eprintln!(
        "{} transitions, {kills} kills: {sent} arrived, {doubtful} are in doubt; at most {busiest} calls in five seconds",
        cases.len()
    );
    assert_eq!(server.stop("TERM").code, Some(0));
    database.close().await.unwrap();
}

#[actix_web::test]
async fn what_is_killed_while_it_sends_messages_sends_none_twice() {
    kill_while_sending(Engine::Sqlite).await;
}

#[actix_web::test]
async fn what_is_killed_while_it_sends_messages_sends_none_twice_on_postgresql() {
    if Engine::postgres_is_there() {
        kill_while_sending(Engine::Postgres).await;
    }
}

#[actix_web::test]
async fn what_is_missing_is_told_before_anything_is_sent() {
    let double = double(Faults::default());
    let place = Place::new(Engine::Sqlite)
        .await
        .with("MUNICIPIO_SECRET", SECRET)
        .with("MUNICIPIO_APPIO_URL", &double.url);
    let folder: &Folder = &place.folder;
    folder.succeed(&["tenant", "create", "c_h501"]);
    let missing = folder.fail(&["appio", "check", "--tenant", "c_h501"]);
    assert!(
        missing.contains("c_h501: App IO is not set up"),
        "{missing}"
    );
    assert_eq!(folder.succeed(&["appio", "check"]), "", "nobody uses it");
    let database = place.database().await;
    let tenant = tenants::show(&database, &"c_h501".parse().unwrap())
        .await
        .unwrap();
    set_up(&database.tenant(tenant.id), &double).await;
    let unmailed = folder.fail(&["appio", "check"]);
    assert!(
        unmailed.contains("there is no server (MUNICIPIO_SMTP_URL)"),
        "{unmailed}"
    );
    let keyless = folder.fail(&["appio", "topics", "--tenant", "c_h501"]);
    assert!(keyless.contains("there is no manage key"), "{keyless}");
    let editor = Editor::new(database.clone(), &tenant);
    manage(&database.tenant(tenant.id), &editor, &double).await;
    let topics = folder.succeed(&["appio", "topics", "--tenant", "c_h501"]);
    assert!(topics.contains("   6  Educazione e formazione"), "{topics}");
    let linked = folder.fail(&["appio", "check"]);
    for wanted in ["IO has no topic 99", "may be written as from any address"] {
        assert!(linked.contains(wanted), "{linked}");
    }
    double.replace_keys(
        &double.services()[0],
        vec!["altra-chiave-di-prova".to_owned()],
    );
    let refused = folder.fail(&["appio", "check"]);
    assert!(
        refused.contains("IO does not accept the primary key of «Pratiche»"),
        "{refused}"
    );
    assert_eq!(double.taken().len(), 0, "nothing is sent");
    database.close().await.unwrap();
}

#[actix_web::test]
async fn a_server_of_mail_is_told_nothing_unless_it_is_the_one_that_is_meant() {
    let Some(smtp) = SmtpServer::with_tls("segreta") else {
        return;
    };
    let double = double(Faults::default());
    let place = Place::new(Engine::Sqlite)
        .await
        .with("MUNICIPIO_SECRET", SECRET)
        .with("MUNICIPIO_APPIO_URL", &double.url)
        .with("MUNICIPIO_SMTP_URL", &smtp.url);
    place.folder.succeed(&["tenant", "create", "c_h501"]);
    let database = place.database().await;
    let tenant = tenants::show(&database, &"c_h501".parse().unwrap())
        .await
        .unwrap();
    set_up(&database.tenant(tenant.id), &double).await;
    database.close().await.unwrap();
    // The verifier says in the log whom it does not know.
    let refused = place.folder.run(&["appio", "check"]);
    assert_eq!(refused.code, Some(1));
    let refused = refused.stderr;
    assert!(refused.contains("no mails are sent: "), "{refused}");
    assert!(!refused.contains("segreta"), "{refused}");
    let place = place.with("SSL_CERT_FILE", &smtp.authority());
    let ready = place.folder.succeed(&["appio", "check"]);
    assert!(ready.contains("c_h501: App IO is ready"), "{ready}");
    let place = place.with(
        "MUNICIPIO_SMTP_URL",
        &smtp.url.replace("segreta", "sbagliata"),
    );
    let refused = place.folder.fail(&["appio", "check"]);
    assert!(
        refused.contains("the SMTP server answered 535 to the beginning"),
        "{refused}"
    );
    let wrong = place.with("MUNICIPIO_SMTP_URL", "mail.comune.example");
    wrong
        .folder
        .fail_naming(&["appio", "check"], &["MUNICIPIO_SMTP_URL", "smtps://"]);
}
