//! Words that a person's name begins with, and capitalised words that are none: for rules that read names beside health words.

/// Given names common in several languages, lower case, sorted.
#[rustfmt::skip]
pub(super) const GIVEN: &[&str] = &[
    "aaron", "adam", "ahmed", "aisha", "alan", "albert", "alejandro", "alex", "alexander", "ali", "alice", "amanda",
    "amelia", "amy", "ana", "andrea", "andrew", "angela", "anita", "ann", "anna", "anne", "anthony", "antonio",
    "arthur", "ashley", "barbara", "ben", "benjamin", "betty", "brandon", "brian", "bruce", "camille", "carl",
    "carlos", "carmen", "carol", "caroline", "catherine", "charles", "charlotte", "chen", "chloe", "chris",
    "christian", "christina", "christine", "christopher", "claire", "claudia", "cynthia", "daniel", "daniela",
    "david", "deborah", "denise", "dennis", "diana", "diane", "diego", "dmitri", "donald", "donna", "dorothy",
    "douglas", "edward", "elena", "elizabeth", "ellen", "emily", "emma", "eric", "erik", "ethan", "eva", "evelyn",
    "fatima", "felix", "fernando", "francesca", "francis", "frank", "gabriel", "gary", "george", "gerald",
    "giovanni", "giulia", "gloria", "grace", "greg", "gregory", "hannah", "hans", "harold", "harry", "heather",
    "helen", "helga", "henry", "hiroshi", "hugo", "ian", "ibrahim", "ines", "ingrid", "irene", "isabel", "isabella",
    "ivan", "jack", "jacob", "jacqueline", "james", "jan", "jane", "janet", "jason", "javier", "jean", "jeff",
    "jeffrey", "jennifer", "jeremy", "jerry", "jessica", "jim", "joan", "joe", "johann", "john", "johnny",
    "jonathan", "jorge", "jose", "joseph", "joshua", "josé", "juan", "judith", "judy", "julia", "julie", "justin",
    "karen", "karl", "katherine", "kathleen", "kelly", "kenneth", "kevin", "kim", "klaus", "larry", "laura",
    "lauren", "lea", "lee", "leo", "leon", "linda", "lisa", "louis", "louise", "lucas", "lucia", "luis", "luke",
    "maja", "manuel", "marco", "margaret", "maria", "marie", "mario", "mark", "markus", "martha", "martin", "mary",
    "maría", "matteo", "matthew", "mei", "melissa", "michael", "michelle", "miguel", "mike", "mohamed", "mohammed",
    "monica", "nancy", "natalie", "nathan", "nicholas", "nicole", "nina", "noah", "nora", "olga", "oliver", "olivia",
    "omar", "oscar", "pablo", "pamela", "patricia", "patrick", "paul", "paula", "pedro", "peter", "philip", "pierre",
    "priya", "rachel", "rajesh", "ralph", "raymond", "rebecca", "ricardo", "richard", "robert", "roger", "ronald",
    "rosa", "rose", "roy", "russell", "ruth", "ryan", "samantha", "samuel", "sandra", "sara", "sarah", "scott",
    "sean", "sergei", "sergio", "sharon", "shirley", "simon", "sofia", "sophia", "sophie", "stefan", "stephanie",
    "stephen", "steve", "steven", "susan", "sven", "tanya", "teresa", "terry", "thomas", "timothy", "tom", "tyler",
    "valentina", "vera", "victor", "victoria", "vincent", "virginia", "walter", "wang", "wei", "wendy", "william",
    "wolfgang", "yuki", "yusuf", "zoe",
];

/// Capitalised words that stand beside health words and name nobody, lower case, sorted.
#[rustfmt::skip]
pub(super) const NO_NAMES: &[&str] = &[
    "access", "account", "act", "administration", "admission", "advisory", "advocate", "agreement", "all", "and",
    "any", "app", "april", "are", "as", "at", "august", "bill", "billing", "can", "care", "center", "centered",
    "centre", "charter", "choice", "clinic", "clinical", "communication", "consent", "controlled", "counseling",
    "covid", "dashboard", "data", "database", "day", "december", "demographics", "department", "discharge",
    "disease", "do", "documentation", "does", "education", "engagement", "english", "experience", "family",
    "february", "financial", "flow", "for", "form", "friday", "from", "german", "group", "guide", "has", "have",
    "health", "healthcare", "history", "hospital", "how", "i", "id", "identification", "if", "in", "information",
    "insurance", "intake", "is", "it", "january", "journey", "july", "june", "management", "march", "may", "medical",
    "medicine", "monday", "monitoring", "must", "my", "name", "no", "notes", "november", "number", "nurse",
    "october", "of", "on", "or", "our", "outcome", "outcomes", "percentage", "pharmacy", "physician", "plan",
    "please", "policy", "population", "portal", "privacy", "program", "protection", "protocol", "quality",
    "questionnaire", "record", "records", "register", "registration", "registry", "relations", "report", "reported",
    "research", "resource", "review", "rights", "safety", "satisfaction", "saturday", "scheduling", "score",
    "section", "september", "service", "services", "she", "should", "standard", "status", "study", "summary",
    "sunday", "support", "survey", "system", "table", "team", "test", "that", "the", "their", "then", "there",
    "these", "they", "this", "thursday", "to", "transport", "treatment", "trial", "tuesday", "type", "university",
    "visit", "was", "we", "wednesday", "were", "what", "when", "where", "while", "will", "with", "workflow", "you",
    "your",
];

/// Small words inside names.
pub(super) const PARTICLES: &[&str] =
    &["al", "ben", "bin", "da", "de", "del", "der", "di", "dos", "du", "el", "la", "le", "van", "von", "y", "zu"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_binary_search() {
        for list in [GIVEN, NO_NAMES, PARTICLES] {
            let unsorted: Vec<_> = list.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
            assert_eq!(unsorted, Vec::<&[&str]>::new());
        }
    }
}
