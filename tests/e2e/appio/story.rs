//! A municipality that writes through App IO.

use std::{net::TcpListener, sync::Arc, time::Duration};

use actix_web::rt;
use chrono::{DateTime, TimeDelta, Utc};
use municipio_domain::{
    content::ContentType,
    notifications::{Courier, Follower, Mailer, Notifier, SheetKeeper},
    outbox::{Handler, Worker},
};
use municipio_integrations::{
    appio::{
        Client,
        double::{Conduct, Double, Group, NewService},
    },
    mail,
};
use municipio_tests::{Engine, TestApp, now, smtp::SmtpServer, story::with};
use serde_json::{Value, json};

use crate::cases::story::{self as cases, definition, procedure};

/// The keys of the service.
pub const KEYS: [&str; 2] = ["chiave-primaria-di-prova", "chiave-secondaria-di-prova"];
/// The key by which services are managed.
pub const MANAGE_KEY: &str = "chiave-di-gestione-di-prova";
/// Where citizens see a case.
pub const CASES: &str = "https://servizi.comune.example/pratiche/{id}";

pub const NOTIFICATION: &str = "id event recipient status problem failures repeats sentAt settledAt isRead isPaid mail { status problem failures sentAt }";

pub struct Story {
    pub cases: cases::Story,
    pub double: Double,
    /// The service at IO.
    pub io_service: String,
    /// The same, here.
    pub service: Value,
    pub configuration: String,
    /// What takes mails in, if the application sends any.
    pub smtp: Option<SmtpServer>,
}

/// What a template says that is not what is tried.
pub fn texts() -> Value {
    json!({
        "subject": "Novità sulla tua pratica",
        "markdown": "Il {{municipality}} ti informa che la pratica «{{procedure}}» è passata allo stato **{{state}}**, e ti scriverà quando ci saranno novità.\n\nProtocollo {{protocol}} del {{protocolDate}}.",
        "actions": [{ "text": "Vai alla pratica: n. 1", "action": "iohandledlink://{{link}}" }],
    })
}

/// A template whose text is here.
pub fn remote() -> Value {
    json!({
        "place": "REMOTE",
        "isSecure": true,
        "precondition": "ONCE",
        "italian": {
            "subject": "Esito della tua pratica",
            "markdown": "Gentile {{applicant}}, la tua richiesta «{{subject}}» non è stata accolta dall'ufficio.\n\nI motivi sono questi:\n\n{{reasons}}",
            "courtesy": "C'è una novità sulla tua pratica presso il {{municipality}}. Apri il messaggio per leggere di che cosa si tratta.",
            "precondition": { "title": "Prima di aprire", "markdown": "Il messaggio contiene l'esito della tua richiesta." },
        },
    })
}

/// Of the procedure all transitions tell the applicant.
fn telling() -> Value {
    let mut definition = definition();
    for transition in definition["transitions"].as_array_mut().unwrap() {
        transition["notifies"] = json!(["applicant"]);
    }
    definition
}

impl Story {
    /// With a double that the application reaches.
    pub async fn begin(engine: Engine, conduct: Conduct) -> Self {
        Box::pin(Self::set(engine, conduct, true, None)).await
    }

    /// With one that it does not reach: what is to be sent waits for somebody else.
    pub async fn away(engine: Engine, conduct: Conduct) -> Self {
        Box::pin(Self::set(engine, conduct, false, None)).await
    }

    /// With a double that the application reaches, and a server of mail, if there is one.
    pub async fn mailing(engine: Engine, conduct: Conduct) -> Option<Self> {
        let smtp = SmtpServer::start()?;
        Some(Box::pin(Self::set(engine, conduct, true, Some(smtp))).await)
    }

    async fn set(
        engine: Engine,
        conduct: Conduct,
        is_reached: bool,
        smtp: Option<SmtpServer>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut double = Double::new(listener, conduct, now).unwrap();
        rt::spawn(double.server().unwrap());
        let io_service = double.add_service(NewService {
            account: "comune".to_owned(),
            keys: KEYS.map(str::to_owned).into(),
            is_live: true,
            groups: [Group::RemoteContent, Group::Premium].into(),
            max_payment: 10_000,
        });
        let configuration = double.add_configuration(MANAGE_KEY);
        // Nobody listens on the port of a socket that was closed.
        let nowhere = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let url = match is_reached {
            true => double.url.clone(),
            false => format!("http://{nowhere}/api/v1"),
        };
        let app = TestApp::configured(engine, false, |settings, _| {
            settings.appio_url = url.parse().unwrap();
            settings.lollipop_url = double.assertions_url().parse().unwrap();
            settings.appio_limiter = false;
            settings.smtp_url = smtp.as_ref().map(|smtp| smtp.url.clone());
        });
        let mut cases = cases::Story::on(app.await).await;
        let body = procedure("Cambio di residenza", cases.offices[1], &telling());
        cases.procedure = cases.editor.published(ContentType::Procedure, body).await;
        let mut story = Self {
            cases,
            double,
            io_service,
            service: Value::Null,
            configuration,
            smtp,
        };
        story.configure(json!({})).await;
        let input = json!({ "name": "Pratiche", "serviceId": story.io_service, "primaryKey": KEYS[0], "secondaryKey": KEYS[1] });
        let made = story
            .mutate("createAppIoService", "service { id }", input)
            .await;
        assert_eq!(made["userErrors"], json!([]), "{made:#}");
        story.service = made["service"]["id"].clone();
        story
    }

    /// The payload of a mutation of an administrator.
    pub async fn mutate(&self, name: &str, selection: &str, input: Value) -> Value {
        let input_type = name[..1].to_uppercase() + &name[1..];
        let query = format!(
            "mutation($input: {input_type}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code path message }} }} }}"
        );
        let asked = self
            .cases
            .ask(&self.cases.chief, &query, json!({ "input": input }));
        asked.await[name].take()
    }

    /// Sets App IO up, with changes from what is usual.
    pub async fn configure(&self, change: Value) -> Value {
        let usual = json!({ "isEnabled": true, "environment": "PRODUCTION", "caseAddress": CASES,
            "remoteConfiguration": self.configuration, "manageKey": MANAGE_KEY });
        self.mutate("configureAppIo", "appIo { isEnabled }", with(usual, change))
            .await
    }

    /// Writes a template for an event, with changes from what is usual.
    pub async fn template(&self, event: &str, content: Value) -> Value {
        let content = with(json!({ "italian": texts() }), content);
        let input = json!({ "service": self.service, "event": event, "content": content });
        let saved = self
            .mutate("saveMessageTemplate", "template { id version }", input)
            .await;
        assert_eq!(saved["userErrors"], json!([]), "{saved:#}");
        saved["template"]["id"].clone()
    }

    /// A case that was entered into the protocol, with a number of its own.
    pub async fn registered(&self, protocol: &str) -> Value {
        let (cases, chief) = (&self.cases, &self.cases.chief);
        let case = cases.open(chief, cases.offices[1], "Trasloco").await;
        let evidence = json!({ "id": case["id"], "kind": "DOCUMENT", "code": "form" });
        let case = cases.done(chief, "addCaseEvidence", evidence).await;
        let register = json!({ "id": case["id"], "expectedVersion": case["version"], "transition": "register",
            "protocol": { "number": protocol, "date": crate::cases::story::today() } });
        cases.done(chief, "transitionCase", register).await
    }

    /// What the people of a case were told.
    pub async fn told(&self, case: &Value) -> Vec<Value> {
        let query =
            format!("query($id: ID!) {{ case(id: $id) {{ notifications {{ {NOTIFICATION} }} }} }}");
        let asked = self
            .cases
            .ask(&self.cases.chief, &query, json!({ "id": case["id"] }));
        asked.await["case"]["notifications"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The last notification of a case, once it stands like this.
    pub async fn until(&self, case: &Value, status: &str) -> Value {
        for _ in 0..3_000 {
            if let Some(last) = self.told(case).await.pop()
                && last["status"] == status
            {
                return last;
            }
        }
        panic!("{status} did not come: {:#?}", self.told(case).await);
    }

    /// Waits while the application is at it, or is about to be: who takes that over, because time went by, finds it in
    /// doubt.
    pub async fn attempted(&self, case: &Value) {
        let is_sent = |one: &Value| one["status"] == "SENDING";
        let is_new = |one: &Value| one["status"] == "QUEUED" && one["failures"] == 0;
        for turn in 0..3_000 {
            let told = self.told(case).await;
            let any =
                |is: &dyn Fn(&Value) -> bool| told.iter().any(|one| is(one) || is(&one["mail"]));
            // What rests stays new.
            if !any(&is_sent) && (turn > 200 || !any(&is_new)) {
                return;
            }
        }
    }

    /// The same, while time goes by in steps and what is due is done: the application may have a job at that moment.
    pub async fn until_after(&self, case: &Value, status: &str, step: TimeDelta) -> Value {
        let mut moment = now();
        for _ in 0..300 {
            moment += step;
            self.attempted(case).await;
            self.run(moment).await;
            if let Some(last) = self.told(case).await.pop()
                && last["status"] == status
            {
                return last;
            }
        }
        panic!("{status} did not come: {:#?}", self.told(case).await);
    }

    /// Sends what is due, as another node does that waits less long for IO.
    pub fn notifier(&self) -> Notifier {
        let client = Client::new(self.double.url.parse().unwrap());
        let notifier = self
            .cases
            .app
            .notifier(client.within(Duration::from_millis(800)));
        let mailer = self
            .smtp
            .as_ref()
            .map(|smtp| Arc::new(mail::Client::new(smtp.url.parse().unwrap())) as Arc<dyn Mailer>);
        notifier.with_mailer(mailer)
    }

    /// What does the work of that.
    pub fn worker(&self, notifier: Notifier) -> Worker {
        let follower = Follower::of(&notifier);
        let courier = Courier::of(&notifier);
        let client = Arc::new(Client::new(self.double.url.parse().unwrap()));
        let keeper = SheetKeeper::new(&notifier, client, self.cases.app.media.clone());
        let handlers: Vec<Arc<dyn Handler>> = vec![
            Arc::new(notifier),
            Arc::new(follower),
            Arc::new(courier),
            Arc::new(keeper),
        ];
        Worker::new(self.cases.app.database.clone(), handlers, now)
    }

    /// Does what is due by then.
    pub async fn run(&self, moment: DateTime<Utc>) {
        let worker = self.worker(self.notifier().unlimited());
        Box::pin(worker.run_due(moment)).await.unwrap();
    }
}
