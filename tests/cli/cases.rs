//! `municipio case`.

use crate::program::Folder;

#[test]
fn cases_are_verified() {
    let folder = Folder::without_demo();
    folder.succeed(&["tenant", "create", "c_h501"]);
    let said = folder.succeed(&["case", "verify"]);
    assert_eq!(said.trim(), "c_h501: 0 cases, 0 events");
    folder.fail_naming(&["case", "verify", "--tenant", "c_a952"], &["c_a952"]);
}
