//! Reflection of a server: its own services, every message, and the details of errors.

use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::service::Routes;

use crate::service::StartError;

/// Number of the field `service` in `google.protobuf.FileDescriptorProto`. Comments refer to this number.
const SERVICE_FIELD: i32 = 6;

/// Adds reflection v1 and v1alpha, so that every client finds the contracts.
pub(super) fn with_reflection(routes: Routes, services: &[&str]) -> Result<Routes, StartError> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_file_descriptor_set(served(services))
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
            .include_reflection_service(false)
    };
    let broken =
        |error: tonic_reflection::server::Error| StartError(format!("the contracts cannot be served: {error}"));
    Ok(routes
        .add_service(builder().build_v1().map_err(broken)?)
        .add_service(builder().build_v1alpha().map_err(broken)?))
}

/// All contracts, without services of other servers. The messages stay, because contracts import each other's messages.
fn served(services: &[&str]) -> FileDescriptorSet {
    let mut files = FileDescriptorSet::decode(hotline_proto::DESCRIPTORS).expect("compiled in");
    for file in &mut files.file {
        let (package, before) = (file.package().to_owned(), file.service.len());
        file.service
            .retain(|service| services.contains(&format!("{package}.{}", service.name()).as_str()));
        if file.service.len() < before
            && let Some(source) = &mut file.source_code_info
        {
            source
                .location
                .retain(|location| location.path.first() != Some(&SERVICE_FIELD));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_served_is_described_and_every_message_is() {
        let all = FileDescriptorSet::decode(hotline_proto::DESCRIPTORS).expect("compiled in");
        let files = served(&["hotline.routing.v1.RoutingService"]).file;
        let described: Vec<&str> = files
            .iter()
            .flat_map(|file| &file.service)
            .map(prost_types::ServiceDescriptorProto::name)
            .collect();
        assert_eq!(described, ["RoutingService"]);
        let messages = |files: &[prost_types::FileDescriptorProto]| -> usize {
            files.iter().map(|file| file.message_type.len()).sum()
        };
        assert_eq!(messages(&files), messages(&all.file));
    }
}
