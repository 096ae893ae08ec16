//! The catalogue of what the user can mend: the codes of `userErrors`, and of the reasons why a schedule or a
//! release was not carried out. `docs/errors.md` is written from it, and a test keeps every code of the sources
//! in it.

/// A code and what it means.
pub(crate) const USER_ERRORS: &[(&str, &str)] = &[
    (
        "ACCOUNT_NOT_LINKED",
        "There is an account with this address that the identity provider does not sign in to: sign in with its password, or ask an administrator.",
    ),
    (
        "ACCOUNT_SUSPENDED",
        "The account is suspended: ask an administrator.",
    ),
    (
        "ALREADY_APPROVED",
        "The revision was approved; it can be published.",
    ),
    (
        "ALREADY_SUBMITTED",
        "The revision waits for its review already.",
    ),
    (
        "ALREADY_THERE",
        "The municipality has its settings; change them instead.",
    ),
    ("ARCHIVED", "The content is archived: unarchive it first."),
    (
        "BIRTH_DATE_WRONG",
        "Say when the child was born, as a document has it: the day must fit the fiscal code.",
    ),
    ("CASE_CLOSED", "The case is closed: reopen it first."),
    (
        "CASE_ERASED",
        "What the case says of people was erased: nothing is done in it any more.",
    ),
    (
        "CASE_FULL",
        "The case takes no more documents and messages of its applicant: there are five hundred steps of citizens.",
    ),
    (
        "CASE_SENT",
        "The application was sent: answer what the office asks for, or write a message.",
    ),
    (
        "CASE_UP_TO_DATE",
        "The case follows the revision that is published now already.",
    ),
    (
        "CHANGED_SINCE",
        "Somebody published or took off the content after the release: it is not rolled back.",
    ),
    (
        "CHANNEL_DISABLED",
        "The municipality does not write through App IO: configure it, and switch it on.",
    ),
    (
        "CIRCULAR_PARENT",
        "The content would stand above itself: choose another parent.",
    ),
    ("COMMENT_MISSING", "Say why it is rejected."),
    ("COMMENT_TOO_LONG", "Write a shorter comment."),
    (
        "CONFLICT",
        "Somebody wrote another revision meanwhile: read it, compare, and send the change again.",
    ),
    (
        "DEFINITION_MISSING",
        "The procedure is not published, or says nothing of how its cases go: publish one with a definition.",
    ),
    (
        "DELEGATE_NOT_ALLOWED",
        "The procedure allows nobody to apply for somebody else.",
    ),
    (
        "DELEGATION_MISSING",
        "Nobody recorded that you act for this person today: ask the municipality to (`grantDelegation`).",
    ),
    (
        "DELEGATION_TO_ONESELF",
        "Nobody needs a delegation to act for themselves.",
    ),
    ("DELETED", "The content was deleted: restore it first."),
    ("DUPLICATE_ID", "The id is given twice."),
    ("DUPLICATE_LOCALE", "There are two texts in one locale."),
    (
        "DUPLICATE_NAME",
        "The list has an entry of this code already.",
    ),
    (
        "EMAIL_MISSING",
        "The identity provider says no e-mail address, without which no account is made.",
    ),
    (
        "EMAIL_TAKEN",
        "There is an account with this address already.",
    ),
    (
        "EMAIL_UNVERIFIED",
        "The identity provider says that the address is not verified: verify it there.",
    ),
    ("EMPTY_RELEASE", "The release has no changes: add some."),
    ("END_BEFORE_START", "The end lies before the start."),
    ("FILE_NOT_FOUND", "The file is not kept here: upload it."),
    (
        "GROUP_NOT_ALLOWED",
        "None of your groups may sign in through the identity provider.",
    ),
    (
        "INVALID_ACTION",
        "The button leads where App IO does not follow, or there are more than two.",
    ),
    (
        "INVALID_ATTACHMENT",
        "The file cannot come with a message: it is a PDF/A-2a of the case, of 10 MiB at the most, whose name ends with .pdf.",
    ),
    (
        "INVALID_CLIENT_ID",
        "The client id is empty, too long or not printable.",
    ),
    (
        "INVALID_CLIENT_SECRET",
        "The client secret is empty, too long or not printable.",
    ),
    (
        "INVALID_CODE",
        "The code is wrong, has expired or was used before: wait for the next one.",
    ),
    ("INVALID_CONTACT", "The value is not one of its type."),
    (
        "INVALID_CREDENTIALS",
        "E-mail address, password or code are wrong, or there were too many attempts: wait and try again.",
    ),
    (
        "INVALID_CURRENCY",
        "Write the code of a currency, such as `EUR`.",
    ),
    (
        "INVALID_DATA",
        "The application does not say what the schema of the procedure wants; the path leads to the place.",
    ),
    ("INVALID_EMAIL", "Write an e-mail address."),
    ("INVALID_EVENTS", "Name at least one type of events."),
    (
        "INVALID_EXPIRY",
        "The time is over: choose one that is still to come.",
    ),
    (
        "INVALID_FISCAL_CODE",
        "Write the fiscal code of a person: sixteen characters, the last of which checks the others.",
    ),
    (
        "INVALID_GRANT",
        "The identity provider does not know the code, or it was used or has expired: sign in again.",
    ),
    (
        "INVALID_HOURS",
        "The opening hours contradict each other or cannot be read.",
    ),
    (
        "INVALID_IPA_CODE",
        "Write the code of a public body, such as `c_h501`.",
    ),
    (
        "INVALID_ISSUER",
        "The issuer is no address that a provider can have: `https://`, without query and fragment.",
    ),
    (
        "INVALID_MARKDOWN",
        "App IO does not show all of the text: no tables, no HTML, links to `https:`, `http:` and `ioit:` alone.",
    ),
    (
        "INVALID_MEDIA_TYPE",
        "Write a media type, such as `application/pdf`.",
    ),
    (
        "INVALID_NAME",
        "Write a name, not too long; that of a role has small letters, digits and hyphens.",
    ),
    (
        "INVALID_PERMISSIONS",
        "Give at least one permission, and limits that something fits.",
    ),
    ("INVALID_POSTAL_CODE", "Write a postal code of five digits."),
    (
        "INVALID_REDIRECT_URI",
        "The address is none of the redirect URIs of the provider, letter by letter.",
    ),
    (
        "INVALID_SCHEDULE",
        "The times of the event contradict each other or cannot be read.",
    ),
    (
        "INVALID_SCHEMA",
        "The text is no JSON Schema (draft 2020-12), or refers to something outside itself.",
    ),
    (
        "INVALID_SCOPE",
        "Say what the preview shows: all drafts, one item or one release.",
    ),
    (
        "INVALID_SETTING",
        "A setting of the identity provider does not fit; the message says why.",
    ),
    (
        "INVALID_STATE",
        "There is no such sign-in: it was completed, has expired, or the state is another. Begin anew.",
    ),
    (
        "INVALID_SYNONYMS",
        "A group of synonyms has 2 to 30 different phrases of at most 100 characters.",
    ),
    (
        "INVALID_TIMER",
        "A transition of the timer says when it happens, one that says when is of the timer, and what waits for the end of a term needs a term.",
    ),
    (
        "INVALID_TOKEN",
        "The token is not known, has expired or was used before: sign in again, or ask for another one.",
    ),
    (
        "INVALID_URL",
        "The address cannot be called: write one with https, on the public internet, without a password.",
    ),
    (
        "INVALID_VALUE",
        "The value is none of this field; the message says what would be.",
    ),
    ("IN_THE_PAST", "The time is over."),
    ("ISSUER_TAKEN", "The issuer is registered already."),
    (
        "LAST_ADMINISTRATOR",
        "The last administrator stays: make another one first.",
    ),
    ("LINK_NOT_FOUND", "There is no content with this id."),
    (
        "LINK_WRONG_TYPE",
        "The linked content is of another type than this field takes.",
    ),
    ("LOCKED", "Somebody is at work on it: take over, or wait."),
    (
        "MISSING",
        "What the operation needs is left out; the message names it.",
    ),
    (
        "NEVER_REPEATED",
        "What concerns money or rights is never sent again on a guess: write `HOLD`.",
    ),
    (
        "NEWER_PUBLISHED",
        "Something newer is public than the release would publish: take the change out, or say `replaceNewer`.",
    ),
    ("NOTHING_TO_REVIEW", "The content has no draft."),
    (
        "NOT_APPROVED",
        "Nobody but its author approved the revision, which this type needs.",
    ),
    (
        "NOT_A_TRANSLATION",
        "More than the texts of the locale would change: use `updateContent`.",
    ),
    (
        "NOT_FOR_CITIZENS",
        "Citizens add documents and write messages to the office; the rest is for those who work for the municipality.",
    ),
    (
        "NOT_LINKED",
        "The identity provider does not know the account.",
    ),
    (
        "NOT_PUBLISHABLE",
        "The publishing rules refuse it: see `publishReport`.",
    ),
    (
        "NOT_PUBLISHED",
        "The content is not public, and nothing is scheduled to publish it.",
    ),
    (
        "NOT_REPEATABLE",
        "The notification arrived, is under way, or was told once more already.",
    ),
    ("NOT_SUBMITTED", "The revision waits for no review."),
    (
        "NO_ACCOUNT",
        "There is no account for you here, and none is made by signing in: ask an administrator.",
    ),
    (
        "NO_DRAFT",
        "There is no draft: nothing can be published or copied.",
    ),
    (
        "OBSERVATIONS_AWAITED",
        "The applicant may still answer the announcement of a refusal: wait, or note what came in as a document.",
    ),
    (
        "OFFICE_MISSING",
        "Name the office: the procedure has no competent body.",
    ),
    (
        "OF_AGE",
        "Who is eighteen acts for themselves: record a delegation, if they choose somebody.",
    ),
    (
        "OTHER_ISSUER",
        "The answer comes from another issuer than the sign-in began with: begin anew.",
    ),
    (
        "OUT_OF_RANGE",
        "The number, or how many there are, lies out of its limits.",
    ),
    (
        "OWN_WORK",
        "Nobody approves what they wrote: ask a colleague.",
    ),
    (
        "PASSWORD_TOO_COMMON",
        "The password is easy to guess: choose words that have nothing to do with each other or with you.",
    ),
    ("PASSWORD_TOO_LONG", "Write at most 128 characters."),
    ("PASSWORD_TOO_SHORT", "Write at least 15 characters."),
    (
        "PERSONAL_DATA_EXPOSED",
        "The variable says something of people: it stands in the text of a `REMOTE` template alone.",
    ),
    (
        "PREMIUM_REQUIRED",
        "Files come with messages of a premium contract of App IO alone.",
    ),
    (
        "PROTOCOL_KNOWN",
        "The case stands in the protocol already: leave the protocol out.",
    ),
    (
        "PROTOCOL_NOT_ASKED",
        "The transition takes no protocol, or not of whoever takes it: leave it out.",
    ),
    (
        "RECIPIENT_MISSING",
        "Nobody is to be told: the case has no applicant whose fiscal code is known.",
    ),
    (
        "RELEASE_CLOSED",
        "The release was published: make another one.",
    ),
    ("RELEASE_NOT_FOUND", "There is no such release."),
    (
        "RELEASE_NOT_PUBLISHED",
        "The release is not published: there is nothing to roll back.",
    ),
    (
        "RELEASE_REFUSED",
        "Something keeps the release from being carried out: see `report`.",
    ),
    ("REPEATED", "The content stands twice in the changes."),
    (
        "REPLACED",
        "Of a schedule: another time was set in its place.",
    ),
    (
        "REQUIREMENT_MISSING",
        "The transition requires something that is missing; the path says what.",
    ),
    (
        "RETIRED",
        "Of a schedule: the content was archived or deleted.",
    ),
    (
        "REVISED",
        "Somebody wrote another revision since it was submitted: submit that one.",
    ),
    ("REVISION_NOT_FOUND", "The content has no such revision."),
    (
        "ROLE_BUILT_IN",
        "The role stays as it is: make another one.",
    ),
    (
        "ROLE_IN_USE",
        "Accounts have the role: take it from them first.",
    ),
    ("ROLE_TAKEN", "There is a role of this name already."),
    (
        "SECOND_FACTOR_ON",
        "The account has a second factor: turn it off first.",
    ),
    (
        "SECOND_FACTOR_REQUIRED",
        "The password is right: send a code of the second factor too.",
    ),
    (
        "SECOND_FACTOR_UNAVAILABLE",
        "Who runs the service must set MUNICIPIO_SECRET first.",
    ),
    (
        "SECRET_UNAVAILABLE",
        "The server has no secret with which secrets are kept: set `MUNICIPIO_SECRET`.",
    ),
    (
        "SHEET_LINKED",
        "The service, or the one of App IO, is linked already: change that link, or unlink it first.",
    ),
    (
        "SHEET_NOT_DRIFTED",
        "Nobody changed the service sheet in App IO: there is nothing to resolve.",
    ),
    (
        "SIGNATURE_NOT_YOURS",
        "Accounts sign those transitions alone that they may take.",
    ),
    (
        "SLUG_TAKEN",
        "The slug belongs to other content, now or as a redirect.",
    ),
    (
        "SUPERSEDED",
        "Of a schedule: the content was published meanwhile.",
    ),
    (
        "TEMPLATE_MISSING",
        "There is no template for this, or it is switched off: write one.",
    ),
    (
        "TEMPLATE_TAKEN",
        "There is a template for the same event, procedure and transition: change that one.",
    ),
    (
        "TERM_OVER",
        "The term is over, and silence took its place: nothing else is done in this state any more.",
    ),
    ("TOO_LONG", "The text is too long."),
    ("TOO_MANY_CHANGES", "Make several releases."),
    (
        "TOO_MANY_DRAFTS",
        "Send or withdraw some of the applications that were begun first: there are fifty at most.",
    ),
    (
        "TOO_MANY_SYNONYMS",
        "A municipality has at most 500 groups of synonyms.",
    ),
    (
        "TOO_MANY_WEBHOOKS",
        "There are as many webhooks as there may be: delete one.",
    ),
    (
        "TOO_SHORT",
        "The text is too short, with the shortest values that its variables can have.",
    ),
    (
        "TRANSITION_NOT_POSSIBLE",
        "The transition does not lead away from the state of the case: read `availableTransitions`.",
    ),
    (
        "TRANSITION_NOT_YOURS",
        "The transition is for others to take.",
    ),
    ("UNKNOWN_ASSIGNEE", "There is no such account."),
    (
        "UNKNOWN_ATTACHMENT",
        "The definition has no attachment of this code.",
    ),
    (
        "UNKNOWN_EVIDENCE",
        "The definition of the procedure asks for no such thing: take a code of it, or `other` for a document.",
    ),
    ("UNKNOWN_FIELD", "The content has no such field."),
    ("UNKNOWN_ROLE", "There is no role of this name."),
    ("UNKNOWN_STATE", "The definition has no state of this code."),
    (
        "UNKNOWN_TRANSITION",
        "The definition has no transition of this code.",
    ),
    (
        "UNKNOWN_VARIABLE",
        "There is no such variable, or nothing is known of it when this happens.",
    ),
    (
        "UNREADABLE",
        "What is stored cannot be read: the log of the server says why.",
    ),
    (
        "UNSAFE_LINK",
        "The address is of a kind that is not taken: use `https:`, `mailto:` or `tel:`.",
    ),
    ("UPLOAD_MISSING", "Name the upload that is to be the file."),
    (
        "UPLOAD_NOT_FOUND",
        "There is no such upload of yours, it is not complete, or it has expired: upload the file again.",
    ),
    (
        "UPLOAD_NOT_READY",
        "The upload has arrived, but what it is could not be looked at then: ask how far it has come (`HEAD`), which tries again.",
    ),
    (
        "URL_OR_ASSET",
        "Name either an asset, or the address of something elsewhere.",
    ),
    ("WRONG_TEXT", "The text does not fit its field."),
    (
        "WRONG_TYPE",
        "The content is of another type than the one that is given.",
    ),
];

#[cfg(test)]
mod tests;
