//! Who may do and read what: a decision for each root field of the schema. A new one without a decision
//! fails the matrix.

use municipio_domain::{
    content::ContentType,
    identity::{Action, Grant},
    ids::{AccountId, ItemId},
};
use municipio_tests::story::{forged, global_id};
use serde_json::{Value, json};

use Who::{Anyone, Citizen, May, MayOrCitizen, OneOf, Person};

/// Who may.
#[derive(Clone, Debug)]
pub enum Who {
    /// Everybody, without signing in.
    Anyone,
    /// Who signed in with an account of their own, whatever their roles.
    Person,
    /// A citizen.
    Citizen,
    /// Whose roles allow all of these.
    May(&'static [Action]),
    /// The same, and citizens, who reach what is theirs.
    MayOrCitizen(&'static [Action]),
    /// Whose roles allow one of these.
    OneOf(&'static [Action]),
}

impl Who {
    /// Whether somebody with these permissions may.
    pub fn allows(&self, grants: &[Grant], person: bool) -> bool {
        let has = |action: &Action| grants.iter().any(|grant| grant.action == *action);
        match self {
            Anyone => true,
            Person => person,
            Citizen => false,
            May(actions) | MayOrCitizen(actions) => actions.iter().all(has),
            OneOf(actions) => actions.iter().any(has),
        }
    }
}

/// What mutations act on.
pub struct There {
    /// A draft of a news item.
    pub item: ItemId,
    /// Its revision.
    pub revision: String,
    /// A case.
    pub case: String,
    /// The revision of its procedure.
    pub procedure_revision: String,
    /// A release without changes.
    pub release: String,
    /// An account that nobody uses.
    pub account: AccountId,
}

const READ: Who = May(&[Action::ReadDrafts]);
const UPDATE: Who = May(&[Action::Update]);
const REVIEW: Who = May(&[Action::Review]);
const PUBLISH: Who = May(&[Action::Publish]);
const DELETE: Who = May(&[Action::Delete]);
const RELEASE: Who = May(&[Action::Release]);
const ACCOUNTS: Who = May(&[Action::ManageAccounts]);
const ROLES: Who = May(&[Action::ManageRoles]);
const KEYS: Who = May(&[Action::ManageKeys]);
const WORK: Who = May(&[Action::WorkCases]);
const WORK_OR_OWN: Who = MayOrCitizen(&[Action::WorkCases]);
const PRIVACY: Who = May(&[Action::ManagePrivacy]);
const SETTINGS: Who = May(&[Action::ManageSettings]);

/// Each mutation: its name, who may, and an input that gets as far as its permission; null when it takes none.
pub fn mutations(there: &There) -> Vec<(&'static str, Who, Value)> {
    let id = global_id(ContentType::NewsItem, there.item);
    let item = json!({ "id": id });
    let with = |name: &str, value: Value| json!({ "id": id, name: value });
    let release = json!({ "id": there.release });
    let account = json!({ "id": forged(&format!("Account:c_x001:{}", there.account)) });
    let stranger =
        |kind: &str| json!({ "id": forged(&format!("{kind}:c_x001:{}", there.account)) });
    let procedure = forged(&format!("Procedure:c_x001:{}", there.account));
    let case = |more: Value| municipio_tests::story::with(stranger("Case"), more);
    let changes = json!([{ "id": id, "action": "UNPUBLISH" }]);
    let grants = json!([{ "action": "content.read" }]);
    let role = json!({ "name": "lettore", "permissions": grants });
    let provider = stranger("IdentityProvider");
    let issuer = stranger("CitizenIssuer");
    let password = "una frase lunga e nuova";
    vec![
        (
            "createContent",
            May(&[Action::Create]),
            json!({ "content": { "topic": { "title": [{ "locale": "it", "value": "Acqua" }] } } }),
        ),
        (
            "updateContent",
            UPDATE,
            with(
                "content",
                json!({ "newsItem": { "title": [{ "locale": "it", "value": "Altro" }] } }),
            ),
        ),
        (
            "setTranslation",
            OneOf(&[Action::Translate, Action::Update]),
            json!({ "id": id, "locale": "it", "texts": [{ "path": "title", "value": "Altro" }] }),
        ),
        (
            "duplicate",
            May(&[Action::ReadDrafts, Action::Create]),
            item.clone(),
        ),
        (
            "restoreRevision",
            UPDATE,
            with("revision", json!(there.revision)),
        ),
        (
            "moveSlug",
            PUBLISH,
            json!({ "id": id, "locale": "it", "slug": "altrove" }),
        ),
        ("publish", PUBLISH, item.clone()),
        ("unpublish", PUBLISH, item.clone()),
        (
            "schedule",
            PUBLISH,
            with("publishAt", json!("2035-01-01T08:00")),
        ),
        ("cancelSchedule", PUBLISH, item.clone()),
        ("archive", PUBLISH, item.clone()),
        ("unarchive", PUBLISH, item.clone()),
        ("delete", DELETE, item.clone()),
        ("restore", DELETE, item.clone()),
        (
            "bulk",
            PUBLISH,
            json!({ "operation": "UNPUBLISH", "ids": [id] }),
        ),
        ("lockContent", READ, item.clone()),
        ("unlockContent", READ, item.clone()),
        ("submitForReview", UPDATE, item.clone()),
        ("assignReview", REVIEW, item.clone()),
        ("approve", REVIEW, item.clone()),
        ("reject", REVIEW, with("comment", json!("Manca la data"))),
        (
            "setReviewRule",
            SETTINGS,
            json!({ "contentType": "PAGE", "fourEyes": true }),
        ),
        ("createRelease", RELEASE, json!({ "name": "Bilancio" })),
        (
            "addToRelease",
            RELEASE,
            json!({ "id": there.release, "changes": changes }),
        ),
        (
            "removeFromRelease",
            RELEASE,
            json!({ "id": there.release, "items": [id] }),
        ),
        ("scheduleRelease", RELEASE, release.clone()),
        ("publishRelease", RELEASE, release.clone()),
        ("rollBackRelease", RELEASE, release),
        (
            "createPreviewToken",
            READ,
            json!({ "shows": { "item": id } }),
        ),
        ("revokePreviewToken", READ, stranger("PreviewToken")),
        ("setSearchSynonyms", SETTINGS, json!({ "groups": [] })),
        (
            "recordSearchClick",
            Anyone,
            json!({ "query": "carta", "id": id }),
        ),
        (
            "createAccount",
            ACCOUNTS,
            json!({ "email": "nuovo@comune.example", "name": "Nuovo", "roles": ["author"] }),
        ),
        (
            "updateAccount",
            ACCOUNTS,
            json!({ "id": account["id"], "name": "Altro" }),
        ),
        ("resetPassword", ACCOUNTS, account.clone()),
        ("createAccountRole", ROLES, role.clone()),
        ("updateAccountRole", ROLES, role),
        ("deleteAccountRole", ROLES, json!({ "name": "lettore" })),
        (
            "createApiKey",
            KEYS,
            json!({ "name": "Portale", "scopes": grants }),
        ),
        ("revokeApiKey", KEYS, stranger("ApiKey")),
        (
            "createIdentityProvider",
            SETTINGS,
            json!({ "name": "Prova", "issuer": "https://id.invalid", "clientId": "municipio", "settings": { "redirectUris": ["https://portal.example/back"] } }),
        ),
        ("updateIdentityProvider", SETTINGS, provider.clone()),
        (
            "createCitizenIssuer",
            SETTINGS,
            json!({ "name": "x", "issuer": "x", "settings": { "audiences": ["x"], "keys": { "keys": [] } } }),
        ),
        ("updateCitizenIssuer", SETTINGS, issuer.clone()),
        ("deleteCitizenIssuer", SETTINGS, issuer),
        ("deleteIdentityProvider", SETTINGS, provider.clone()),
        (
            "unlinkIdentity",
            ACCOUNTS,
            json!({ "account": account["id"], "provider": provider["id"] }),
        ),
        (
            "createWebhook",
            SETTINGS,
            json!({ "url": "https://portal.example/hook", "events": ["CONTENT_PUBLISHED"] }),
        ),
        ("updateWebhook", SETTINGS, stranger("Webhook")),
        ("deleteWebhook", SETTINGS, stranger("Webhook")),
        ("rotateWebhookSecret", SETTINGS, stranger("Webhook")),
        ("testWebhook", SETTINGS, stranger("Webhook")),
        (
            "replayWebhookDelivery",
            SETTINGS,
            stranger("WebhookDelivery"),
        ),
        (
            "openCase",
            WORK,
            json!({ "procedure": procedure, "subject": "Prova" }),
        ),
        ("assignCase", WORK, case(json!({ "expectedVersion": 1 }))),
        ("migrateCase", WORK, case(json!({ "expectedVersion": 1 }))),
        (
            "transitionCase",
            WORK_OR_OWN,
            case(json!({ "expectedVersion": 1, "transition": "grant" })),
        ),
        (
            "addCaseEvidence",
            WORK_OR_OWN,
            case(json!({ "kind": "PAYMENT", "code": "fee" })),
        ),
        (
            "sendCaseMessage",
            WORK_OR_OWN,
            case(json!({ "audience": "OFFICE", "text": "Prova" })),
        ),
        (
            "setCaseStateMap",
            PUBLISH,
            json!({ "source": "edilizia", "procedure": procedure, "states": [] }),
        ),
        (
            "startCase",
            Citizen,
            json!({ "procedure": procedure, "subject": "Prova" }),
        ),
        (
            "reviseCase",
            Citizen,
            case(json!({ "expectedVersion": 1, "data": {} })),
        ),
        (
            "grantDelegation",
            WORK,
            json!({ "principal": "x", "delegate": "x", "kind": "DELEGATION" }),
        ),
        (
            "revokeDelegation",
            WORK,
            json!({ "principal": "x", "delegate": "x" }),
        ),
        (
            "exportPerson",
            PRIVACY,
            json!({ "fiscalCode": "RSSMRA80A01H501U" }),
        ),
        (
            "erasePerson",
            PRIVACY,
            json!({ "fiscalCode": "RSSMRA80A01H501U" }),
        ),
        (
            "configureAppIo",
            SETTINGS,
            json!({ "isEnabled": false, "environment": "SANDBOX", "caseAddress": "https://servizi.example/{id}" }),
        ),
        (
            "rotateAppIoKey",
            SETTINGS,
            json!({ "environment": "SANDBOX" }),
        ),
        (
            "createAppIoService",
            SETTINGS,
            json!({ "name": "x", "serviceId": "x", "primaryKey": "x" }),
        ),
        ("updateAppIoService", SETTINGS, stranger("AppIoService")),
        ("deleteAppIoService", SETTINGS, stranger("AppIoService")),
        (
            "linkAppIoSheet",
            SETTINGS,
            json!({ "service": stranger("Service")["id"], "settings": { "topicId": 0 } }),
        ),
        (
            "updateAppIoSheet",
            SETTINGS,
            json!({ "id": stranger("AppIoSheet")["id"], "settings": { "topicId": 0 } }),
        ),
        (
            "resolveAppIoSheet",
            SETTINGS,
            json!({ "id": stranger("AppIoSheet")["id"], "resolution": "OURS" }),
        ),
        ("refreshAppIoSheet", SETTINGS, stranger("AppIoSheet")),
        ("unlinkAppIoSheet", SETTINGS, stranger("AppIoSheet")),
        (
            "saveMessageTemplate",
            SETTINGS,
            json!({ "service": stranger("AppIoService")["id"], "event": "RECEIVED",
                "content": { "italian": { "subject": "x", "markdown": "x" } } }),
        ),
        (
            "addDefaultMessageTemplates",
            SETTINGS,
            json!({ "service": stranger("AppIoService")["id"] }),
        ),
        (
            "deleteMessageTemplate",
            SETTINGS,
            stranger("MessageTemplate"),
        ),
        (
            "sendNotification",
            WORK,
            json!({ "case": stranger("Case")["id"], "event": "ERRATUM" }),
        ),
        (
            "resendNotification",
            WORK,
            municipio_tests::story::with(stranger("CaseNotification"), json!({ "reason": "x" })),
        ),
        ("replayOutboxJobs", SETTINGS, json!({})),
        (
            "dropOutboxJobs",
            SETTINGS,
            json!({ "filter": { "numbers": [] } }),
        ),
        (
            "beginOidcSignIn",
            Anyone,
            json!({ "provider": provider["id"], "redirectUri": "https://portal.example/back" }),
        ),
        (
            "completeOidcSignIn",
            Anyone,
            json!({ "signInToken": "mun_si_nessuno", "state": "nessuno", "code": "nessuno" }),
        ),
        (
            "signIn",
            Anyone,
            json!({ "email": "nessuno@comune.example", "password": password }),
        ),
        (
            "refreshSession",
            Anyone,
            json!({ "refreshToken": "mun_rt_nessuno" }),
        ),
        (
            "setPassword",
            Anyone,
            json!({ "token": "mun_pw_nessuno", "password": password }),
        ),
        (
            "changePassword",
            Person,
            json!({ "currentPassword": "quella di prima", "password": password }),
        ),
        (
            "enrolSecondFactor",
            Person,
            json!({ "password": "quella di prima" }),
        ),
        ("confirmSecondFactor", Person, json!({ "code": "000000" })),
        (
            "disableSecondFactor",
            Person,
            json!({ "password": "quella di prima" }),
        ),
        ("signOutEverywhere", Person, Value::Null),
        ("signOut", Person, Value::Null),
    ]
}

/// What is not for everyone to read: the root field, who may, and its arguments.
pub fn private_reads(there: &There) -> Vec<(&'static str, Who, String)> {
    let item = global_id(ContentType::NewsItem, there.item);
    let one = |id: &str| format!("(id: \"{id}\")");
    let first = "(first: 5)".to_owned();
    vec![
        ("contentItem", READ, one(&item)),
        ("contentItems", READ, first.clone()),
        ("myWork", READ, String::new()),
        ("reviewRules", READ, String::new()),
        ("searchInsight", READ, String::new()),
        ("searchSynonyms", READ, String::new()),
        ("release", READ, one(&there.release)),
        ("releases", READ, first.clone()),
        ("previewTokens", READ, String::new()),
        ("accounts", ACCOUNTS, first.clone()),
        (
            "accountRoles",
            OneOf(&[Action::ManageRoles, Action::ManageAccounts]),
            first.clone(),
        ),
        ("apiKeys", KEYS, first.clone()),
        ("auditEntries", May(&[Action::ReadAudit]), first.clone()),
        ("identityProviders", SETTINGS, first.clone()),
        ("appIo", SETTINGS, String::new()),
        ("appIoSheets", READ, first.clone()),
        ("messageTemplates", SETTINGS, first.clone()),
        ("notificationStatistics", SETTINGS, String::new()),
        ("webhooks", SETTINGS, first.clone()),
        ("webhookDeliveries", SETTINGS, first.clone()),
        ("case", MayOrCitizen(&[Action::ReadCases]), one(&there.case)),
        ("cases", May(&[Action::ReadCases]), first.clone()),
        ("myCases", Citizen, first.clone()),
        (
            "caseInsight",
            May(&[Action::ReadCases]),
            "(from: \"2026-01-01\", until: \"2026-12-31\")".to_owned(),
        ),
        (
            "simulateProcedure",
            May(&[Action::ReadCases, Action::Update]),
            format!("(revision: \"{}\")", there.procedure_revision),
        ),
        ("caseStateMaps", READ, first.clone()),
        ("outboxJobs", SETTINGS, first.clone()),
        ("outboxStatistics", SETTINGS, String::new()),
        (
            "node",
            READ,
            one(&forged(&format!("ContentItem:c_x001:{}", there.item))),
        ),
        ("node", READ, one(&there.revision)),
        ("node", READ, one(&there.release)),
        (
            "node",
            ACCOUNTS,
            one(&forged(&format!("Account:c_x001:{}", there.account))),
        ),
        ("me", Person, String::new()),
        ("citizen", Citizen, String::new()),
        ("citizenIssuers", SETTINGS, first.clone()),
    ]
}

/// The root fields that everyone may read; what is reached from there is public.
pub const PUBLIC_READS: &[&str] = &[
    "businessEvents",
    "changes",
    "contactPoint",
    "contactPoints",
    "dataset",
    "datasets",
    "document",
    "documents",
    "event",
    "eventOccurrences",
    "events",
    "faq",
    "faqs",
    "home",
    "lifeEvents",
    "municipality",
    "navigation",
    "news",
    "newsItem",
    "node",
    "nodes",
    "office",
    "offices",
    "page",
    "pages",
    "people",
    "permissions",
    "asset",
    "assets",
    "person",
    "place",
    "places",
    "procedure",
    "procedures",
    "role",
    "roles",
    "route",
    "search",
    "service",
    "serviceCategories",
    "services",
    "signInProviders",
    "suggest",
    "topic",
    "topics",
    "vocabularies",
    "vocabulary",
];

/// What `node` reads for those alone who may read it at its own root.
pub const PRIVATE_NODES: [&str; 15] = [
    "Account",
    "ApiKey",
    "AppIoService",
    "AppIoSheet",
    "Case",
    "CaseNotification",
    "CitizenIssuer",
    "ContentItem",
    "ContentRevision",
    "IdentityProvider",
    "MessageTemplate",
    "PreviewToken",
    "Release",
    "Webhook",
    "WebhookDelivery",
];

/// What those follow who signed in.
pub const PRIVATE_SUBSCRIPTIONS: &[&str] = &["caseUpdated", "myCaseUpdated"];

/// What everyone may follow.
pub const PUBLIC_SUBSCRIPTIONS: &[&str] = &["contentChanged"];
