//! Offices that a country or a body has one holder of.

/// An office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Office {
    HeadOfState,
    HeadOfGovernment,
    ForeignMinister,
    DefenceMinister,
    FinanceMinister,
    InteriorMinister,
    JusticeMinister,
    SupremeLeader,
    VicePresident,
    PartyLeader,
    Monarch,
    CrownPrince,
    /// Of an international body.
    Head,
    CentralBankGovernor,
    SpeakerOfParliament,
    /// Whoever leads the country: its head of state or of government.
    Leader,
}

impl Office {
    const ALL: [Self; 16] = [
        Self::HeadOfState,
        Self::HeadOfGovernment,
        Self::ForeignMinister,
        Self::DefenceMinister,
        Self::FinanceMinister,
        Self::InteriorMinister,
        Self::JusticeMinister,
        Self::SupremeLeader,
        Self::VicePresident,
        Self::PartyLeader,
        Self::Monarch,
        Self::CrownPrince,
        Self::Head,
        Self::CentralBankGovernor,
        Self::SpeakerOfParliament,
        Self::Leader,
    ];

    /// From the number that the packed file has for it.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// From the word that the tables have for it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "head_of_state" => Self::HeadOfState,
            "head_of_government" => Self::HeadOfGovernment,
            "foreign_minister" => Self::ForeignMinister,
            "defence_minister" => Self::DefenceMinister,
            "finance_minister" => Self::FinanceMinister,
            "interior_minister" => Self::InteriorMinister,
            "justice_minister" => Self::JusticeMinister,
            "supreme_leader" => Self::SupremeLeader,
            "vice_president" => Self::VicePresident,
            "party_leader" => Self::PartyLeader,
            "monarch" => Self::Monarch,
            "crown_prince" => Self::CrownPrince,
            "head" => Self::Head,
            "central_bank_governor" => Self::CentralBankGovernor,
            "speaker_of_parliament" => Self::SpeakerOfParliament,
            "leader" => Self::Leader,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_office_is_its_place() {
        for office in Office::ALL {
            assert_eq!(Office::from_number(office as u32), Some(office));
        }
    }
}
