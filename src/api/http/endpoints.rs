//! Lists of endpoints. One list makes both the router and the OpenAPI document, so that neither has an
//! endpoint that the other lacks. The router uses none of the code that describes endpoints: the
//! document is generated in a test and served as a file, which keeps that code out of programs.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa_axum::PathItemExt;

use crate::api::service::Service;

/// A path, and the handlers of its methods.
pub(super) type Endpoint = (String, MethodRouter<Arc<Service>>);

/// Returns the endpoint that `#[utoipa::path(…)]` declares for a handler.
pub(super) fn endpoint<P: utoipa::Path, T: 'static>(
    handler: impl Handler<T, Arc<Service>>,
) -> Endpoint {
    let methods = P::methods().into_iter();
    let router = methods.fold(MethodRouter::new(), |router, method| {
        router.on(method.to_method_filter(), handler.clone())
    });
    (P::path(), router)
}

/// Returns the router of endpoints.
pub(super) fn router(endpoints: impl IntoIterator<Item = Endpoint>) -> Router<Arc<Service>> {
    endpoints
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(&path, methods))
}

#[cfg(test)]
/// Returns a router of endpoints that share a tag.
pub(super) fn tagged<S: Clone + Send + Sync + 'static>(
    tag: &str,
    routes: impl IntoIterator<Item = utoipa_axum::router::UtoipaMethodRouter<S>>,
) -> utoipa_axum::router::OpenApiRouter<S> {
    routes.into_iter().fold(
        utoipa_axum::router::OpenApiRouter::new(),
        |router, (schemas, mut paths, methods)| {
            for operation in paths.paths.values_mut().flat_map(operations) {
                operation.tags = Some(vec![tag.to_owned()]);
            }
            router.routes((schemas, paths, methods))
        },
    )
}

#[cfg(test)]
pub(super) fn operations(
    item: &mut utoipa::openapi::PathItem,
) -> impl Iterator<Item = &mut utoipa::openapi::path::Operation> {
    [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// Defines `endpoints` for the router, and `documented` for the document, from handlers by tag.
macro_rules! endpoints {
    ($($tag:literal: [$($module:ident::$handler:ident),+ $(,)?])+) => {
        pub(in crate::api::http) fn endpoints() -> Vec<$crate::api::http::endpoints::Endpoint> {
            pastey::paste! {
                vec![$($(
                    $crate::api::http::endpoints::endpoint::<$module::[<__path_ $handler>], _>(
                        $module::$handler,
                    ),
                )+)+]
            }
        }

        #[cfg(test)]
        pub(in crate::api::http) fn documented() -> utoipa_axum::router::OpenApiRouter<
            std::sync::Arc<$crate::api::service::Service>,
        > {
            utoipa_axum::router::OpenApiRouter::new()$(
                .merge($crate::api::http::endpoints::tagged(
                    $tag,
                    [$(utoipa_axum::routes!($module::$handler)),+],
                ))
            )+
        }
    };
}

pub(super) use endpoints;
