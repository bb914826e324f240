//! A case with its words, which are made when they are needed.

use hotline_proto::common::Urgency;
use hotline_proto::intake::{AppealDraft, Appellant};
use rpc::time::to_proto;

use super::people::{Person, spot, words};
use super::{Case, Known, PHONE, Plan, Via, marks};
use crate::city::{Category, Channel, City, Region};

/// A case of a plan.
#[derive(Clone, Copy)]
pub struct View<'p> {
    plan: &'p Plan,
    index: usize,
}

impl<'p> View<'p> {
    pub(super) fn new(plan: &'p Plan, index: usize) -> Self {
        Self { plan, index }
    }

    /// The case.
    #[must_use]
    pub fn case(&self) -> &'p Case {
        &self.plan.cases[self.index]
    }

    /// Unique upstream number, such as `W2404-000123`. It identifies the case; its fate never depends on the order of
    /// events.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}-{:06}", self.plan.prefix, self.index + 1)
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &'p Channel {
        &self.city().channels[usize::from(self.case().channel)]
    }

    /// The topic.
    #[must_use]
    pub fn category(&self) -> &'p Category {
        &self.city().categories[usize::from(self.case().category)]
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &'p Region {
        &self.city().regions[usize::from(self.case().region)]
    }

    /// Codes of the tags.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let tags = self.city().tags.iter().enumerate();
        tags.filter(|(at, _)| self.case().tags & (1 << at) != 0)
            .map(|(_, tag)| tag.code.clone())
            .collect()
    }

    /// Code of the top-level unit under which the bulletin counts its order; empty without an order.
    #[must_use]
    pub fn top_unit(&self) -> &'p str {
        let order = self.case().order();
        order.map_or("", |order| self.city().units[usize::from(order.top_unit)].code.as_str())
    }

    /// The client that sends it.
    #[must_use]
    pub fn via(&self) -> Via {
        let platform = self.channel().platform.clone();
        platform.map_or(Via::Agent, Via::Platform)
    }

    /// Telephone number of the person.
    #[must_use]
    pub fn phone(&self) -> String {
        self.person().phone
    }

    pub(super) fn person(&self) -> Person {
        Person::new(self.plan.seed, self.case().person)
    }

    fn city(&self) -> &'p City {
        &self.plan.city
    }

    /// The appeal as it is sent to intake.
    #[must_use]
    pub fn draft(&self) -> AppealDraft {
        let (case, person) = (self.case(), self.person());
        let (city, region) = (self.city(), self.region());
        let home = if region.code == city.code {
            city.name.clone()
        } else {
            format!("{}{}", city.name, region.name)
        };
        let place = format!("{home}{}", spot(case.person));
        let category = self.category();
        let matter = category.matter.as_deref().unwrap_or(&category.name);
        let (title, told) = words(case.kind, matter, &place);
        let how = match (self.channel().code.as_str(), self.channel().platform.is_some()) {
            (PHONE, _) => "来电",
            (_, true) => "通过上级平台",
            _ => "网上留言",
        };
        let anonymous = case.appellant == Known::Anonymous;
        let address = format!("{home}{}", person.address());
        let who = if anonymous {
            "匿名".to_owned()
        } else {
            format!("{}（联系电话{}，住{address}）", person.name, person.phone)
        };
        let mark = marks::mark(&self.key());
        let appellant = (!anonymous).then(|| Appellant {
            id_number: person.id_number(&region.code),
            name: person.name,
            phone: person.phone,
            address: format!("{mark}{address}"),
            ..Appellant::default()
        });
        AppealDraft {
            channel: self.channel().code.clone(),
            r#type: case.kind.into(),
            category: category.code.clone(),
            region: region.code.clone(),
            urgency: Urgency::Ordinary.into(),
            appellant,
            anonymous,
            confidential: case.appellant == Known::Confidential,
            title: format!("{mark}{title}"),
            content: format!("{mark}{who}{how}{told}"),
            place: format!("{mark}{place}"),
            tags: self.tags(),
            source_time: case.late.then(|| to_proto(case.arrive)),
            seat: case.seat.into(),
            complex: case.complex,
            ..AppealDraft::default()
        }
    }
}
