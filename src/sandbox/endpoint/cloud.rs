//! Uploads and downloads: `/cloud/…` and `/cdn/…`.

use super::super::endpoint_result::{EndpointResult, Failure, Success};
use super::super::fetch::{FetchMode, FetchedFile};
use super::super::files::{SMALL_FILE_CAP, StoredFile, UploadKind};
use super::super::initial_data;
use super::super::schema::Field;
use super::super::state::State;
use super::super::upload::{FetchJob, hashed_file};
use super::{Call, EndpointFault, GUID};
use serde_json::{Value, json};

pub(super) const UPLOAD: &[Field] = &[GUID, Field::integer("file_type", 0), Field::text("url", "")];

pub(super) const BIG_UPLOAD: &[Field] = &[GUID, Field::text("url", "")];

pub(super) const CONVERSION: &[Field] = &[
    Field::required_object("base_request"),
    Field::integer("file_type", 0),
    Field::text("url", ""),
];

pub(super) const LOCAL_UPLOAD: &[Field] = &[
    GUID,
    Field::integer("file_type", 0),
    Field::text("file_path", ""),
];

pub(super) const DOWNLOAD: &[Field] = &[
    GUID,
    Field::integer("file_type", 0),
    Field::text("file_id", ""),
    Field::text("aes_key", ""),
    Field::integer("file_size", 0),
    Field::text("file_name", ""),
    Field::boolean("to_mp3", false),
];

pub(super) const BIG_DOWNLOAD: &[Field] = &[
    GUID,
    Field::text("file_id", ""),
    Field::integer("file_size", 0),
    Field::text("file_name", ""),
];

/// `file_type` of pictures (two), videos, and everything else.
const FILE_TYPES: [i64; 4] = [1, 2, 4, 5];

/// Fetches the URL and stores the file.
pub(super) fn c2c_upload(call: &mut Call) -> EndpointResult {
    let file_type = call.params.integer("file_type");
    if !FILE_TYPES.contains(&file_type) {
        return Err(Failure::with_undocumented_code("file_type 错误"));
    }
    upload(call, UploadKind::Small(file_type))
}

/// Fetches the URL of a file over 20 MB and stores it.
pub(super) fn big_upload(call: &mut Call) -> EndpointResult {
    upload(call, UploadKind::Big)
}

fn upload(call: &mut Call, kind: UploadKind) -> EndpointResult {
    let mode = match call.endpoint_fault {
        Some(EndpointFault::NoFetch) => return Err(unreachable("connection timed out")),
        Some(EndpointFault::Fetch(mode)) => mode,
        Some(EndpointFault::HalfFile) => FetchMode::Half,
        Some(EndpointFault::StaleRules) => {
            call.state.files.has_stale_rules = true;
            FetchMode::Whole
        }
        _ => FetchMode::Whole,
    };
    if call.state.files.has_stale_rules {
        return Err(Failure::known(-5103011));
    }
    Ok(Success::fetching(FetchJob {
        url: call.params.text("url").into(),
        kind,
        mode,
        at: call.now,
        fails_after: mode == FetchMode::Half
            && call.endpoint_fault != Some(EndpointFault::HalfFile),
        has_aes_key: call.endpoint_fault != Some(EndpointFault::NoAesKey),
    }))
}

/// The refusal of a URL that cannot be fetched.
pub(in crate::sandbox) fn unreachable(why: &str) -> Failure {
    Failure::with_undocumented_code(&format!("url 无法访问: {why}"))
}

/// Stores a fetched file, and answers its id and key.
pub(in crate::sandbox) fn stored(
    state: &mut State,
    job: &FetchJob,
    fetched: FetchedFile,
) -> EndpointResult {
    if job.fails_after {
        return Err(unreachable("connection reset"));
    }
    if fetched.size == 0 {
        return Err(Failure::with_undocumented_code("文件为空"));
    }
    if matches!(job.kind, UploadKind::Small(_)) && fetched.size > SMALL_FILE_CAP {
        return Err(Failure::with_undocumented_code("文件大小超过20M"));
    }
    let file = state.files.store(job.at, job.kind, &job.url, fetched);
    let note = format!(
        "stored {} of {} bytes, sha256 {}",
        file.file_id, file.size, file.sha256
    );
    let mut data = json!({
        "file_id": file.file_id,
        "file_size": file.size,
        "file_md5": file.md5,
    });
    if job.has_aes_key && matches!(job.kind, UploadKind::Small(_)) {
        insert(&mut data, "aes_key", json!(file.aes_key));
    }
    Ok(Success::new(data).noting(note))
}

/// Reads a file on the server's own disk.
pub(super) fn local_upload(call: &mut Call) -> EndpointResult {
    if call.state.files.has_stale_rules {
        return Err(Failure::known(-5103011));
    }
    let file_type = call.params.integer("file_type");
    let path = call.params.text("file_path").to_owned();
    let found = hashed_file(&path)
        .map_err(|error| Failure::with_undocumented_code(&format!("{path}: {error}")))?;
    let kind = UploadKind::Small(file_type);
    let file = call.state.files.store(call.now, kind, &path, found);
    Ok(Success::new(json!({
        "file_id": file.file_id,
        "size": file.size,
        "md5": file.md5,
        "aes_key": file.aes_key,
    })))
}

/// Uploads work again after a stale rule.
pub(super) fn update_cdn_rule(call: &mut Call) -> EndpointResult {
    call.state.files.has_stale_rules = false;
    Ok(Success::empty())
}

/// What the conversion service needs.
pub(super) fn get_cdn_info(call: &mut Call) -> EndpointResult {
    let instance = call.instance()?;
    let vid = instance.user_id.to_string();
    Ok(Success::new(json!({
        "cdn_dns": "sandbox-cdn.invalid",
        "client_version": "4.1.36",
        "corp_id": initial_data::CORP_ID.to_string(),
        "vid": vid,
    })))
}

/// Answers a URL from which the file can be read.
pub(super) fn c2c_download(call: &mut Call) -> EndpointResult {
    let file = call
        .state
        .files
        .find(call.params.text("file_id"))
        .ok_or_else(|| Failure::known(5103017))?;
    let wanted = call.params.integer("file_type");
    // A picture of one type cannot be read as the other.
    let is_other_picture =
        matches!(file.kind, UploadKind::Small(stored @ (1 | 2)) if stored != wanted);
    if is_other_picture || call.params.text("aes_key") != file.aes_key {
        return Err(Failure::known(5103017));
    }
    Ok(download_url(call, &file))
}

/// Answers a URL from which the big file can be read.
pub(super) fn big_download(call: &mut Call) -> EndpointResult {
    let file = call.state.files.find(call.params.text("file_id"));
    let file = file.ok_or_else(|| Failure::known(5103017))?;
    Ok(download_url(call, &file))
}

fn download_url(call: &Call, file: &StoredFile) -> Success {
    let url = format!("{}/_sandbox/files/{}", call.state.base_url, file.file_id);
    Success::new(json!({ "url": url }))
}

fn insert(data: &mut Value, name: &str, value: Value) {
    if let Some(fields) = data.as_object_mut() {
        fields.insert(name.into(), value);
    }
}
