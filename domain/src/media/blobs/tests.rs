//! What is expected of every place where bytes are kept.

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use tempfile::TempDir;

use super::{
    moto::{BUCKET, Moto},
    *,
};

async fn collected(bytes: ByteStream) -> Vec<u8> {
    let chunks: Vec<Bytes> = bytes.try_collect().await.unwrap();
    chunks.concat()
}

async fn names(blobs: &Blobs, under: &Key) -> Vec<String> {
    let kept: Vec<Kept> = blobs.list(under).try_collect().await.unwrap();
    let mut names: Vec<_> = kept
        .iter()
        .map(|kept| kept.key.0.filename().unwrap_or_default().to_owned())
        .collect();
    names.sort();
    names
}

async fn conforms(blobs: Blobs) {
    let (tenant, other) = (TenantId::generate(), TenantId::generate());
    let hash = ContentHash::of_bytes(b"a");
    let key = Key::blob(tenant, &hash);
    // What is not there.
    assert!(matches!(blobs.get(&key).await, Err(MediaError::Missing(_))));
    assert!(matches!(
        blobs.read(&key, None).await,
        Err(MediaError::Missing(_))
    ));
    assert_eq!(blobs.find(&key).await.unwrap(), None);
    blobs.remove(&key).await.unwrap();
    // What is put there, whole and in part, and again.
    blobs.put(&key, Bytes::from_static(b"first")).await.unwrap();
    blobs
        .put(&key, Bytes::from_static(b"0123456789"))
        .await
        .unwrap();
    assert_eq!(blobs.get(&key).await.unwrap().as_ref(), b"0123456789");
    assert_eq!(
        collected(blobs.read(&key, Some(2..5)).await.unwrap()).await,
        b"234"
    );
    assert_eq!(blobs.find(&key).await.unwrap().unwrap().size, 10);
    // What comes in parts, the last of which is short; its hash is that of all of it.
    let upload = UploadId::generate();
    let piece = Key::piece(tenant, upload, "piece");
    let mut writer = blobs.writer(&piece).await.unwrap();
    let chunk = Bytes::from(vec![7; 700_000]);
    for _ in 0..17 {
        writer.write(chunk.clone()).await.unwrap();
    }
    assert_eq!(writer.length(), 17 * 700_000);
    let whole = vec![7; 17 * 700_000];
    assert_eq!(
        writer.finish().await.unwrap(),
        ContentHash::of_bytes(&whole)
    );
    assert_eq!(
        collected(blobs.read(&piece, None).await.unwrap()).await,
        whole
    );
    assert_eq!(
        blobs.hash(&piece).await.unwrap(),
        ContentHash::of_bytes(&whole)
    );
    // What is given up leaves nothing.
    let given_up = Key::piece(tenant, upload, "given-up");
    let mut writer = blobs.writer(&given_up).await.unwrap();
    for _ in 0..10 {
        writer.write(chunk.clone()).await.unwrap();
    }
    writer.abort().await;
    assert_eq!(blobs.find(&given_up).await.unwrap(), None);
    // What gets another name.
    let moved = Key::blob(tenant, &ContentHash::of_bytes(&whole));
    blobs.rename(&piece, &moved).await.unwrap();
    assert_eq!(blobs.find(&piece).await.unwrap(), None);
    assert_eq!(
        blobs.find(&moved).await.unwrap().unwrap().size,
        whole.len() as u64
    );
    // Names as variants have them, and lists of one tenant alone.
    for name in ["card@30,70.webp", "640x480-cover-q80.jpg"] {
        blobs
            .put(&Key::variant(tenant, &hash, name), Bytes::from_static(b"x"))
            .await
            .unwrap();
        blobs
            .put(&Key::variant(other, &hash, name), Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    let variants = Key::variants(tenant, &hash);
    assert_eq!(
        names(&blobs, &variants).await,
        ["640x480-cover-q80.jpg", "card@30,70.webp"]
    );
    let listed: Vec<Kept> = blobs
        .list(&Key::all_variants(tenant))
        .try_collect()
        .await
        .unwrap();
    assert!(listed.iter().all(|kept| kept.key.owner() == hash.as_str()));
    blobs.remove_all(&variants).await.unwrap();
    assert!(names(&blobs, &variants).await.is_empty());
    assert_eq!(names(&blobs, &Key::all_variants(other)).await.len(), 2);
    assert_eq!(names(&blobs, &Key::blobs(tenant)).await.len(), 2);
    assert!(names(&blobs, &Key::uploads(tenant)).await.is_empty());
}

#[tokio::test]
async fn a_local_disk_conforms() {
    let folder = TempDir::new().unwrap();
    conforms(Blobs::local(folder.path()).unwrap()).await;
}

#[tokio::test]
async fn a_store_that_speaks_s3_conforms() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let builder = AmazonS3Builder::new()
        .with_endpoint(&moto.endpoint)
        .with_region("us-east-1")
        .with_bucket_name(BUCKET)
        .with_access_key_id("x")
        .with_secret_access_key("x");
    conforms(Blobs::s3_with(builder).unwrap()).await;
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_unavailable_soon() {
    let builder = AmazonS3Builder::new()
        .with_endpoint("http://127.0.0.1:9")
        .with_region("us-east-1")
        .with_bucket_name("comune")
        .with_access_key_id("x")
        .with_secret_access_key("x");
    let blobs = Blobs::s3_with(builder).unwrap();
    let key = Key::blob(TenantId::generate(), &ContentHash::of_bytes(b"a"));
    let asked = tokio::time::timeout(Duration::from_secs(15), blobs.get(&key));
    assert!(matches!(asked.await, Ok(Err(MediaError::Unavailable(_)))));
}

#[tokio::test]
async fn what_a_killed_process_was_writing_is_found() {
    let folder = tempfile::TempDir::new().unwrap();
    let blobs = Blobs::local(folder.path()).unwrap();
    let tenant = TenantId::generate();
    let key = Key::piece(tenant, UploadId(uuid::Uuid::nil()), "whole");
    let mut writer = blobs.writer(&key).await.unwrap();
    writer.write(vec![1; PART].into()).await.unwrap();
    // Nothing cleans up after it.
    std::mem::forget(writer);
    let whole = Key::blob(tenant, &ContentHash::of_bytes(b"a"));
    blobs.put(&whole, Bytes::from_static(b"a")).await.unwrap();
    let modified = fs::metadata(folder.path()).unwrap().modified().unwrap();
    let (past, future) = (TimeDelta::hours(-1), TimeDelta::hours(1));
    let found = async |since: TimeDelta| {
        let before = DateTime::<Utc>::from(modified) + since;
        blobs.unfinished(tenant, before).await.unwrap()
    };
    assert!(found(past).await.is_empty());
    let unfinished = found(future).await;
    assert_eq!(
        unfinished.iter().map(|file| file.size).sum::<u64>(),
        PART as u64
    );
    for file in unfinished {
        file.remove().await.unwrap();
    }
    assert!(found(future).await.is_empty());
    assert!(blobs.find(&whole).await.unwrap().is_some());
}

/// Notes how long the parts are.
#[derive(Debug, Default)]
struct Parts(Arc<std::sync::Mutex<Vec<usize>>>);

#[async_trait::async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, part: PutPayload) -> object_store::UploadPart {
        self.0.lock().unwrap().push(part.content_length());
        Box::pin(async { Ok(()) })
    }

    async fn complete(&mut self) -> object_store::Result<object_store::PutResult> {
        Ok(object_store::PutResult {
            e_tag: None,
            version: None,
            extensions: Default::default(),
        })
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn all_parts_but_the_last_are_of_one_size() {
    for (chunk, times) in [(700_000, 30), (12 * 1024 * 1024 + 1, 2), (PART, 2), (1, 0)] {
        let parts = Parts::default();
        let lengths = Arc::clone(&parts.0);
        let mut writer = Writer::of(Box::new(parts));
        for _ in 0..times {
            writer.write(vec![7; chunk].into()).await.unwrap();
        }
        let hash = writer.finish().await.unwrap();
        assert_eq!(hash, ContentHash::of_bytes(&vec![7; chunk * times]));
        let lengths = lengths.lock().unwrap().clone();
        assert_eq!(lengths.iter().sum::<usize>(), chunk * times);
        let (last, others) = lengths.split_last().unwrap();
        assert!(
            *last <= PART && others.iter().all(|length| *length == PART),
            "{lengths:?}"
        );
    }
}
