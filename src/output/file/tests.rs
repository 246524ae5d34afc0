use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_keeps_its_old_content_until_the_new_one_is_complete() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("one.pdf");
    fs::write(&path, "old").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("allowed");
    let mut file = OutputFile::create(&path).expect("created");
    file.write_all(b"half").expect("written");
    assert_eq!(fs::read(&path).expect("the old file"), b"old");
    drop(file);
    assert_eq!(fs::read(&path).expect("the old file"), b"old");
    assert_eq!(names(&folder), ["one.pdf"], "nothing is left");

    write(&path, b"new").expect("written");
    assert_eq!(fs::read(&path).expect("the new file"), b"new");
    let mode = fs::metadata(&path)
        .expect("the new file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    write(&folder.path().join("two.pdf"), b"new").expect("written");
    assert_eq!(names(&folder), ["one.pdf", "two.pdf"]);
}

#[test]
fn a_file_that_a_killed_process_has_left_does_not_disturb() {
    let folder = TempDir::new().expect("a temporary folder");
    let left = format!(".invoice-worker-{}-0.tmp", process::id());
    fs::write(folder.path().join(&left), "left").expect("written");
    write(&folder.path().join("one.pdf"), b"new").expect("written");
    assert_eq!(names(&folder), [&*left, "one.pdf"]);
}

#[test]
fn links_stay_and_lead_to_the_new_content() {
    let folder = TempDir::new().expect("a temporary folder");
    let (link, dangling) = (folder.path().join("link"), folder.path().join("dangling"));
    fs::write(folder.path().join("file"), "old").expect("written");
    symlink("file", &link).expect("linked");
    symlink("other", &dangling).expect("linked");
    for link in [&link, &dangling] {
        write(link, b"new").expect("written");
        assert_eq!(fs::read(link).expect("a file"), b"new");
        assert!(link.is_symlink());
    }
    assert_eq!(names(&folder), ["dangling", "file", "link", "other"]);
}

#[test]
fn a_device_is_written_and_not_replaced() {
    write(Path::new("/dev/null"), b"new").expect("written");
    assert!(!Path::new("/dev/null").is_file());
}

#[test]
fn a_path_that_cannot_be_written_is_an_error() {
    let folder = TempDir::new().expect("a temporary folder");
    write(folder.path(), b"new").expect_err("a folder");
    write(&folder.path().join("no/one.pdf"), b"new").expect_err("no folder");
    write(&folder.path().join("one.pdf/"), b"new").expect_err("a folder's name");
    assert!(names(&folder).is_empty());
}

#[test]
fn a_folder_appears_with_all_its_files_or_not_at_all() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("slip");
    let failed = create_folder(&path, |folder| {
        fs::write(folder.join("main.typ"), "")?;
        assert!(!path.exists());
        Err(io::Error::other("no space left"))
    });
    failed.expect_err("it was not filled");
    assert!(names(&folder).is_empty());
    create_folder(&path, |folder| fs::write(folder.join("main.typ"), "")).expect("made");
    assert!(path.join("main.typ").is_file());
    create_folder(&path, |folder| fs::write(folder.join("main.typ"), "")).expect_err("there");
    assert_eq!(names(&folder), ["slip"]);
}
