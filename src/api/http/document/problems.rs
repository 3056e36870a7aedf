//! The problems that endpoints have because of their path, body or key, or because of the host.

use crate::api::http::openapi::problems;

problems! {
    /// The body is invalid.
    BodyProblems {
        400 "The body, a header or the query is malformed." (
            "bad_body",
            "EOF while parsing an object at column 1"
        ),
        413 "The body has more than 8,388,608 bytes, or a list in it more than 8,189 elements." (
            "body_too_large",
            "a body has at most 8388608 bytes; this one has more"
        ),
        415 "The body has a `Content-Encoding`, or its `Content-Type` is neither JSON nor `text/plain`." (
            "bad_content_type",
            "a body must be application/json, not \"text/html\""
        ),
        422 "A field of the body is missing, unknown, repeated or invalid." (
            "bad_body",
            "events[0].amount must be a whole number, as a JSON number or a string of digits, not -1"
        ),
    }
    /// The id in the path is invalid.
    IdProblems {
        400 "The path is not UTF-8." (
            "bad_path",
            "the id in the path must be UTF-8, percent-encoded"
        ),
        422 "The id is neither a number nor a hyphenated UUID." (
            "bad_id",
            "id must be a whole number, 0 to 2^128 - 1, or a UUID, not \"x\""
        ),
    }
    /// The name in the path is invalid, or nobody has it.
    NameProblems {
        400 "The path is not UTF-8." (
            "bad_path",
            "the name in the path must be UTF-8, percent-encoded"
        ),
        404 "There is no user with this name, or the user has no such token." (
            "not_found",
            "there is no user \"aron\""
        ),
    }
    /// A remote engine keeps the ledger, and lacks something, or does not answer.
    EngineProblems {
        501 "The ledger is kept by an engine that lacks what the request needs." (
            "not_supported_by_engine",
            "the engine tigerbeetle does not have account versions"
        ),
        502 "The ledger is kept by an engine whose client has ended." (
            "engine_failed",
            "the engine's client has ended (client release too low), and a new one was started; try again"
        ),
        504 "The ledger is kept by an engine that did not answer in time. With `outcome_unknown` the events may still take effect: \
            look their ids up, or repeat the request with the same ids or the same key. `ids` has those that the server has made." (
            "outcome_unknown",
            "the engine did not answer within 5000 ms, so the outcome is unknown"
        ),
    }
    /// The number of a run in the path is invalid, or no such run is stored.
    RunProblems {
        400 "The path is not UTF-8." (
            "bad_path",
            "the run in the path must be UTF-8, percent-encoded"
        ),
        404 "No run with this number is stored." (
            "not_found",
            "there is no run 7; the last 16 are stored"
        ),
        422 "The number of the run is invalid." (
            "bad_run",
            "a run is a whole number from 1, not \"x\""
        ),
    }
    /// The idempotency key is invalid or in use.
    KeyProblems {
        400 "The key is malformed." (
            "bad_idempotency_key",
            "Idempotency-Key must have 1 to 255 characters, not 0"
        ),
        409 "The first request with the key is still in progress." (
            "idempotency_key_in_use",
            "the first request with this key is in progress, or failed with an unknown outcome"
        ),
        422 "The key was used for another request." (
            "idempotency_key_reused",
            "this key was used for another request; a new request needs a new key"
        ),
        429 "The user's keys of the last day use up the user's share of the memory for keys." (
            "idempotency_share_full",
            "this user's keys of the last day use up the user's share of the memory for keys"
        ),
        503 "The keys of the last day use up the memory for keys." (
            "idempotency_full",
            "the keys of the last day use up the memory for keys"
        ),
    }
    /// The host responds instead of the endpoint.
    HostProblems {
        400 "The header `Host` is missing or repeated." (
            "bad_host",
            "the header Host is missing"
        ),
        408 "The request took longer than the server's time limit." (
            "request_timeout",
            "the request took longer than the limit of 30 s"
        ),
        500 "The server failed; the outcome of the request is unknown." (
            "internal",
            "the server failed; the outcome of the request is unknown; see the server's log"
        ),
        421 "The header `Host` does not name this server." (
            "host_not_allowed",
            "this server has no name \"example.com\"; --allowed-host adds one"
        ),
        429 "The user or the client's address has too many requests in progress, or the address sends too many without a valid token." (
            "too_many_requests_of_user",
            "this user has 256 requests in progress, the limit; try again"
        ),
        503 "The server is at one of its limits, the ledger is full, a remote engine that keeps it does not answer (`engine_unreachable`; nothing was sent), or its disk is (`store_no_space`) or has failed (`store_failed`). \
            With `outcome_unknown`, the disk failed while the request was executed: look it up, or repeat it with the same ids or the same key." (
            "too_many_requests_at_once",
            "the server has reached its limit of 512 concurrent requests; try again"
        ),
    }
}
