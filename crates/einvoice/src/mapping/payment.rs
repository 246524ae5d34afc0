//! Payment instructions: BG-16 to BG-19. An e-invoice has one payment means, with several accounts where they are paid to alike.

use en16931::Invoice as Model;
use en16931::invoice::{
    Code, CreditTransfer, DirectDebit, PaymentCard, PaymentInstructions,
    PaymentMeans as MeansOfModel,
};
use invoice::model::{Account, Payment, PaymentMeans};

use crate::place::Place;
use crate::problems::Problems;

pub(super) fn payment(problems: &mut Problems, payment: Option<&Payment>, model: &mut Model) {
    let Some(first) = payment.and_then(|payment| payment.means.first()) else {
        return;
    };
    let place = Place::root("payment");
    let further_place = place.field("furtherMeans");
    let first_place = place.field("means");
    let mut means = means(problems, first_place, first);
    let further = payment.into_iter().flat_map(|payment| &payment.means[1..]);
    for (index, other) in further.enumerate() {
        if is_of_the_page(other) {
            continue;
        }
        let place = further_place.item(index);
        let further = self::means(problems, place, other);
        match (&mut means, differs(first, other), further) {
            (
                Some(MeansOfModel::CreditTransfer(accounts)),
                None,
                Some(MeansOfModel::CreditTransfer(more)),
            ) => accounts.extend(more),
            // The first has its code only, which is the same.
            (None, None, further) => means = further,
            // This one has only what the first has.
            (Some(_), None, None) => {}
            (_, difference, _) => refuse_further(problems, place, difference),
        }
    }
    if first.code.is_none() && means.is_none() {
        // Only an address for online payment.
        return;
    }
    model.payment = Some(PaymentInstructions {
        means_code: first.code.as_deref().map(Code::from),
        means_text: problems.texts(first_place.field("text"), first.text.as_ref()),
        remittance_information: problems
            .texts(first_place.field("remittance"), first.remittance.as_ref()),
        means,
    });
}

/// Whether a payment means has only an address for online payment, which the page shows.
fn is_of_the_page(means: &PaymentMeans) -> bool {
    let without = PaymentMeans {
        url: None,
        ..means.clone()
    };
    without == PaymentMeans::default()
}

/// The field in which a further means differs, so that it is not one more account of the first.
fn differs(first: &PaymentMeans, other: &PaymentMeans) -> Option<&'static str> {
    let fields = [
        ("code", first.code != other.code),
        ("text", other.text.is_some() && first.text != other.text),
        (
            "remittance",
            other.remittance.is_some() && first.remittance != other.remittance,
        ),
    ];
    let mut differing = fields.into_iter().filter(|(_, differs)| *differs);
    differing.next().map(|(name, _)| name)
}

fn refuse_further(problems: &mut Problems, place: Place<'_>, difference: Option<&'static str>) {
    let (place, advice) = match difference {
        Some(name) => (
            place.field(name),
            "an e-invoice has one payment means code, text and remittance information: give those of payment.means here, or \
             write this way of payment into payment.terms",
        ),
        None => (
            place,
            "an e-invoice has several accounts of the payee, but only one card or mandate: write this way of payment into \
             payment.terms",
        ),
    };
    problems.no_place(place, true, advice);
}

/// What the payment means are made with. A card (48, 54, 55) and a direct debit (49, 59) stand alone; any other code of
/// UNTDID 4461 has what is given.
fn means(problems: &mut Problems, place: Place<'_>, means: &PaymentMeans) -> Option<MeansOfModel> {
    // A field that is added here has to find its place.
    let PaymentMeans {
        code,
        text: _,
        account,
        bic,
        provider_id,
        account_name,
        remittance: _,
        mandate,
        creditor_id,
        debited_account,
        card_holder,
        card_first6: _,
        card_last4,
        url: _,
    } = means;
    let has_account = account.is_some();
    let has_transfer =
        has_account || bic.is_some() || provider_id.is_some() || account_name.is_some();
    let has_card = card_last4.is_some() || card_holder.is_some();
    let has_debit = mandate.is_some() || creditor_id.is_some() || debited_account.is_some();
    let kind = match code.as_deref() {
        Some("48" | "54" | "55") if has_card => Kind::Card,
        Some("49" | "59") if has_debit => Kind::Debit,
        _ if has_transfer => Kind::Transfer,
        _ if has_debit => Kind::Debit,
        _ if has_card => Kind::Card,
        _ => return None,
    };
    let beside = |name: &'static str, kind_of_field: Kind, is_given: bool| {
        (is_given && kind != kind_of_field).then_some(name)
    };
    let misplaced = [
        beside(iban_or_account(means), Kind::Transfer, has_account),
        beside("bic", Kind::Transfer, bic.is_some()),
        beside("providerId", Kind::Transfer, provider_id.is_some()),
        beside("accountName", Kind::Transfer, account_name.is_some()),
        beside("mandate", Kind::Debit, mandate.is_some()),
        beside("creditorId", Kind::Debit, creditor_id.is_some()),
        beside("debitedAccount", Kind::Debit, debited_account.is_some()),
        beside("cardLast4", Kind::Card, card_last4.is_some()),
        beside("cardHolder", Kind::Card, card_holder.is_some()),
    ];
    for name in misplaced.into_iter().flatten() {
        let advice = format!(
            "leave it out beside {}, or give it as another payment means",
            kind.name()
        );
        problems.no_place(place.field(name), true, &advice);
    }
    Some(match kind {
        Kind::Transfer => {
            MeansOfModel::CreditTransfer(transfer(problems, place, means).into_iter().collect())
        }
        Kind::Card => MeansOfModel::Card(card(problems, place, means)),
        Kind::Debit => MeansOfModel::DirectDebit(direct_debit(problems, place, means)),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transfer,
    Card,
    Debit,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Transfer => "the account of the payee",
            Self::Card => "a card",
            Self::Debit => "a direct debit",
        }
    }
}

fn iban_or_account(means: &PaymentMeans) -> &'static str {
    match means.account {
        Some(Account::Other(_)) => "account",
        Some(Account::Iban(_)) | None => "iban",
    }
}

/// The account of a transfer; none where only the code is given.
fn transfer(
    problems: &mut Problems,
    place: Place<'_>,
    means: &PaymentMeans,
) -> Option<CreditTransfer> {
    let bank = means.bic.as_ref().or(means.provider_id.as_ref());
    let bank_field = if means.bic.is_some() {
        "bic"
    } else {
        "providerId"
    };
    let transfer = CreditTransfer {
        account_identifier: means
            .account
            .as_ref()
            .map(|account| number(problems, place.field(iban_or_account(means)), account)),
        account_name: problems.texts(place.field("accountName"), means.account_name.as_ref()),
        provider_identifier: problems.texts(place.field(bank_field), bank),
    };
    (transfer != CreditTransfer::default()).then_some(transfer)
}

fn number(problems: &mut Problems, place: Place<'_>, account: &Account) -> String {
    match account {
        Account::Iban(number) | Account::Other(number) => problems.text(place, number),
    }
}

/// BT-87: the first six and the last four digits, which is all that a request may have. Nothing stands between them: more than ten
/// characters break BR-51.
fn card(problems: &mut Problems, place: Place<'_>, means: &PaymentMeans) -> PaymentCard {
    let last4 = means.card_last4.as_deref();
    let number = last4.map(|last4| match &means.card_first6 {
        Some(first6) => format!("{first6}{last4}"),
        None => last4.to_owned(),
    });
    PaymentCard {
        primary_account_number: number,
        holder_name: problems.texts(place.field("cardHolder"), means.card_holder.as_ref()),
    }
}

fn direct_debit(problems: &mut Problems, place: Place<'_>, means: &PaymentMeans) -> DirectDebit {
    let debited = means.debited_account.as_ref();
    DirectDebit {
        mandate_reference: problems.texts(place.field("mandate"), means.mandate.as_ref()),
        creditor_identifier: problems.texts(place.field("creditorId"), means.creditor_id.as_ref()),
        debited_account: debited
            .map(|account| number(problems, place.field("debitedAccount"), account)),
    }
}
