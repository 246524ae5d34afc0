//! The metadata of the document, with the properties of Factur-X.
//!
//! PDF/A wants a description of each property that is not its own, in the one list of schemas: a second list breaks the
//! conformance. So the description goes into the list that is there.

use super::carrier::Carrier;
use super::error::EmbedError;

const NAMESPACE: &str = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#";

const END_OF_SCHEMAS: &str = "</rdf:Bag></pdfaExtension:schemas>";

/// The properties, as Factur-X describes them.
const PROPERTIES: [(&str, &str); 4] = [
    ("DocumentFileName", "name of the embedded XML invoice file"),
    ("DocumentType", "INVOICE"),
    ("Version", "version of the Factur-X XML schema"),
    (
        "ConformanceLevel",
        "conformance level of the embedded Factur-X data",
    ),
];

/// The packet with the properties and their description; everything else stays as it is.
pub(super) fn edited(packet: &[u8], carrier: &Carrier) -> Result<String, EmbedError> {
    let unexpected = EmbedError::Unexpected("metadata of PDF/A-3");
    let packet = std::str::from_utf8(packet).map_err(|_| unexpected.clone())?;
    if !packet.contains("<pdfaid:part>3</pdfaid:part>") {
        return Err(unexpected);
    }
    if packet.contains("CrossIndustryDocument") {
        return Err(EmbedError::NotAlone);
    }
    let (before, rest) = packet
        .split_once(END_OF_SCHEMAS)
        .ok_or(unexpected.clone())?;
    let (between, end) = rest.split_once("</rdf:RDF>").ok_or(unexpected)?;
    let (schema, properties) = (schema(), properties(carrier));
    Ok(format!(
        "{before}{schema}{END_OF_SCHEMAS}{between}{properties}</rdf:RDF>{end}"
    ))
}

/// The description of the schema, as one more item of the list.
fn schema() -> String {
    let properties: String = PROPERTIES
        .map(|(name, description)| {
            format!(
                "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:category>external</pdfaProperty:category>\
                 <pdfaProperty:description>{description}</pdfaProperty:description><pdfaProperty:name>{name}\
                 </pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
            )
        })
        .concat();
    format!(
        "<rdf:li rdf:parseType=\"Resource\"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>\
         <pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>\
         <pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
}

/// The properties. The version is that of the schema of these properties.
fn properties(carrier: &Carrier) -> String {
    let Carrier {
        file_name, level, ..
    } = carrier;
    format!(
        "<rdf:Description rdf:about=\"\" xmlns:fx=\"{NAMESPACE}\"><fx:DocumentType>INVOICE</fx:DocumentType>\
         <fx:DocumentFileName>{file_name}</fx:DocumentFileName><fx:Version>1.0</fx:Version>\
         <fx:ConformanceLevel>{level}</fx:ConformanceLevel></rdf:Description>"
    )
}
