//! Handles one request. Pure.

use super::endpoint::{self, Call, Endpoint, EndpointFault, RequiredStatus};
use super::endpoint_result::{EndpointResult, Failure};
use super::http_response::{HttpResponse, UploadAnswer};
use super::instance::Status;
use super::schema::{self, Params, Rejection};
use super::state::State;
use jiff::Timestamp;
use serde_json::json;

/// A request with the time at which it is handled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) now: Timestamp,
    pub(super) method: &'a str,
    /// Path below the base URL, without a query.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) endpoint_fault: Option<EndpointFault>,
}

/// Answers a request in FastAPI's order: path, method, body, then the business rules.
pub(super) fn handle(state: &mut State, request: &Request) -> HttpResponse {
    state.advance(request.now);
    let Some(endpoint) = endpoint::find(request.path) else {
        return HttpResponse::error(404);
    };
    let method = endpoint.method(&state.quirks);
    if request.method != method {
        return HttpResponse::method_not_allowed(method);
    }
    match schema::read(request.body, endpoint.fields) {
        Ok(params) => business(state, request, endpoint, params),
        Err(rejection) => reject(rejection),
    }
}

fn reject(rejection: Rejection) -> HttpResponse {
    match rejection {
        Rejection::Invalid(errors) => {
            let note = errors
                .first()
                .map_or(String::new(), schema::ValidationError::summary);
            HttpResponse::detail(422, &json!(errors), note)
        }
        Rejection::Undecodable => HttpResponse::detail(
            400,
            &json!("There was an error parsing the body"),
            "body is not text",
        ),
    }
}

fn business(
    state: &mut State,
    request: &Request,
    endpoint: &Endpoint,
    params: Params,
) -> HttpResponse {
    let mut reply = admit(state, endpoint.needs, &params).and_then(|()| {
        (endpoint.run)(&mut Call {
            state,
            now: request.now,
            params: &params,
            endpoint_fault: request.endpoint_fault,
        })
    });
    let fetch = reply.as_mut().ok().and_then(|success| success.fetch.take());
    HttpResponse {
        upload: fetch.map(|job| {
            Box::new(UploadAnswer {
                job,
                is_replaced: false,
            })
        }),
        ..state.rendered(reply)
    }
}

impl State {
    /// The response with a result.
    pub(super) fn rendered(&self, mut result: EndpointResult) -> HttpResponse {
        if let Ok(success) = &mut result {
            self.quirks.apply(&mut success.data);
        }
        HttpResponse::json(200, self.render(&result), note(&result))
    }
}

/// Checks that the instance has the status the endpoint needs. The gateway has one code for an unknown
/// guid and for an account that is offline.
fn admit(state: &mut State, needs: RequiredStatus, params: &Params) -> Result<(), Failure> {
    if needs == RequiredStatus::Nothing {
        return Ok(());
    }
    let has_gateway = state.has_gateway;
    let private_or_gateway = |failure| match has_gateway {
        true => Failure::known(1002),
        false => failure,
    };
    let instance = state
        .instance(params.text("guid"))
        .map_err(private_or_gateway)?;
    let status = instance.status;
    if status == Status::Stopped && needs != RequiredStatus::Instance {
        // As documented, calling a stopped instance starts it.
        instance.status = Status::Running;
    }
    match (needs, status) {
        (RequiredStatus::Started, Status::Stopped) => Err(Failure::not_started()),
        (RequiredStatus::Login, Status::Stopped) => Err(private_or_gateway(Failure::not_started())),
        (RequiredStatus::Login, Status::Running) => {
            Err(private_or_gateway(Failure::not_logged_in()))
        }
        _ => Ok(()),
    }
}

fn note(reply: &EndpointResult) -> String {
    match reply {
        Ok(success) => success.note.clone(),
        Err(failure) => format!("refused {}: {}", failure.code, failure.message),
    }
}
