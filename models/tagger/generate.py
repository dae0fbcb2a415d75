"""Fills the templates with names, places, streets and organisations; gives texts with labelled spans. Seeded."""

import random
import re

import templates
from features import FOLDS
from gazetteer import NATIONALITIES, is_latin

LABEL = {
    "per": "PER", "given": "PER", "sur": "PER", "adr": "ADR", "street": "ADR", "streetname": "ADR", "apt": "ADR", "zip": "ADR",
    "apo": "ADR", "state": "LOC", "city": "LOC", "country": "LOC", "place": "LOC", "region": "LOC", "org": "ORG", "company": "ORG",
    "university": "ORG", "team": "ORG", "label": "ORG", "army": "ORG", "parliament": "ORG", "party": "ORG", "museum": "ORG",
    "newspaper": "ORG", "acro": "ORG", "date": "DAT", "weekday": "DAT", "month": "DAT", "year": "DAT", "nrp": "NRP", "job": "TTL",
    "work": "MSC", "event": "MSC", "league": "MSC", "award": "MSC", "ship": "MSC",
}
LOCALE_OF = {"de": ("de_DE", "de_AT", "de_CH"), "fr": ("fr_FR", "fr_BE"), "es": ("es_ES", "es_MX", "es_CL"), "it": ("it_IT",),
             "nl": ("nl_NL", "nl_BE"), "pt": ("pt_PT", "pt_BR"), "pl": ("pl_PL",), "tr": ("tr_TR",), "sv": ("sv_SE",), "da": ("da_DK",),
             "no": ("no_NO",), "fi": ("fi_FI",), "cs": ("cs_CZ", "sk_SK"), "hu": ("hu_HU",), "ro": ("ro_RO",), "sl": ("sl_SI",),
             "el": ("el_GR",), "ru": ("ru_RU", "uk_UA")}
COUNTRY_OF = {"de": "DE AT CH", "fr": "FR BE", "es": "ES MX CL AR", "it": "IT", "nl": "NL BE", "pt": "PT BR", "pl": "PL", "tr": "TR",
              "sv": "SE", "da": "DK", "no": "NO", "fi": "FI", "cs": "CZ SK", "hu": "HU", "ro": "RO", "sl": "SI", "el": "GR", "ru": "RU UA",
              "en": "US GB CA AU NZ IE"}
ENGLISH = ("en_US", "en_GB", "en", "en_IE", "en_NZ")
PARTICLES = ("van", "de", "von", "van der", "van den", "de la", "del", "di", "da", "al", "el", "bin", "le", "du", "dos", "ter", "ibn")
BRANDS = """Google Microsoft Apple Amazon IBM Intel Oracle Cisco Sony Toyota Honda Nissan Ford Chrysler Volkswagen BMW Siemens Bosch
Nestle Unilever Shell BP Exxon Boeing Airbus Lufthansa Reuters Bloomberg CNN BBC NBC ABC CBS Fox Disney Netflix Facebook Twitter YouTube
Instagram Uber Walmart Target Starbucks McDonald's Pepsi Coca-Cola Nike Adidas Visa PayPal Samsung Nokia Ericsson Philips Spotify Tesla
NASA FBI CIA NATO UN EU UNESCO UNICEF WHO IMF OPEC FIFA UEFA NBA NFL NHL MLB IOC Interpol Greenpeace Congress Senate Parliament Pentagon
Kremlin Vatican Hezbollah Hamas Taliban Labour Harvard Yale Stanford MIT Oxford Cambridge Barclays HSBC Citigroup Deloitte KPMG Accenture
Motorola Xerox Kodak Fujitsu Hitachi Panasonic Renault Peugeot Fiat Ferrari Bayer BASF Novartis Roche Pfizer Merck GlaxoSmithKline
Vodafone Telefonica Orange Carrefour Tesco Ikea Lego Heineken Nintendo Sega Atari Pixar Paramount EMI Motown Columbia Verizon Comcast
eBay Yahoo Wikipedia Samsung Huawei Gazprom Rosneft Aeroflot Qantas Ryanair Delta UPS FedEx DHL Marvel Arsenal Chelsea Liverpool Everton
Barcelona Juventus Lakers Yankees Cowboys Celtics Bulls Patriots Steelers Packers Dodgers""".split()
NEWSPAPERS = """The New York Times|The Guardian|The Washington Post|Le Monde|Der Spiegel|Time|Newsweek|Rolling Stone|The Times|The Sun|
Die Zeit|El País|The Economist|Wall Street Journal|Daily Mail|The Independent|Chicago Tribune|Los Angeles Times|Variety|The Observer"""
PARTIES = "Labour Party|Conservative Party|Democratic Party|Republican Party|Green Party|Liberal Democrats|Christian Democratic Union|Social Democratic Party|Communist Party|Nationalist Party"
ARMIES = "US Army|Royal Navy|Royal Air Force|Red Army|U.S. Marine Corps|Air Force|Union Army|Wehrmacht|French Foreign Legion|Imperial Navy"
PARLIAMENTS = "House of Representatives|Senate|House of Commons|Bundestag|National Assembly|European Parliament|Knesset|Duma|City Council|Legislative Council"
LABELS = "EMI|Capitol Records|Columbia Records|Sub Pop|Atlantic Records|Motown|Island Records|Virgin Records|Warner Bros.|Def Jam"
EVENTS = "World War II|World War I|the Olympic Games|the World Cup|the Civil War|Wimbledon|the Super Bowl|the Cannes Film Festival|the Renaissance|the Vietnam War|the French Open|the Grand Prix|the Eurovision Song Contest|the Cold War|Christmas|Easter"
LEAGUES = "Premier League|Bundesliga|Serie A|Champions League|Major League|Super League|La Liga|First Division"
AWARDS = "Nobel Prize|Academy Award|Pulitzer Prize|Grammy Award|Booker Prize|Golden Globe|Medal of Honor|Palme d'Or"
NOUNS = """Iron Silver Golden Blue Green Red Black White Global United National Royal General First Prime Alpha Delta Omega Nova Star Sun Moon
River Mountain Ocean Pacific Atlantic Northern Southern Eastern Western Central North South East West American European Digital Data Cloud
Net Soft Micro Bio Medi Care Health Food Home Auto Motor Air Sky Sea Land Stone Wood Gold Steel Power Energy Light Fire Water Ice Snow Storm
Eagle Lion Wolf Bear Fox Hawk Tiger Falcon Phoenix Dragon Castle Bridge Gate Tower Harbor Valley Lake Forest Garden Rose Lily Oak Maple Pine
Crown King Queen Knight Angel Dream Vision Future Smart Quick Fast Safe Sure True Pure Bright Clear Open Next New Urban Metro City Town
Capital Trust Credit Finance Market Trade Value Quality Premium Elite Super Mega Ultra Hyper Inter Trans Vita Terra Aqua Agro Policy
Transfer Liner Source Works House Point Path Way Link Line Wave Spark Forge Field""".split()
TAILS = """Systems Technologies Solutions Partners Consulting Services Industries International Insurance Capital Energy Pharma Labs Foods
Motors Airlines Bank Group Holdings Media Studios Records Pictures Software Networks Logistics Construction Design Engineering Analytics
Biosciences Robotics Publishing Textiles Markets Stores Pharmacy Lines Agency Company Brothers Associates Ventures Foundation""".split()
FORMS = "Inc|Inc.|Ltd|Ltd.|LLC|plc|Corp|Corp.|GmbH|AG|S.A.|SARL|S.r.l.|S.p.A.|B.V.|N.V.|Oy|AB|A/S|sp. z o.o.|Kft.|& Co.|Co.|Company|Pty Ltd".split("|")
APO = "APO AA|APO AE|APO AP|FPO AA|FPO AP|DPO AE|DPO AP".split("|")
EN_STREETS = """Street Street Street Avenue Avenue Road Road Lane Drive Boulevard Court Place Way Terrace Close Crescent Square Parkway St St. Ave
Ave. Rd Rd. Blvd Dr Ln Hill Grove Gardens Row Mews Highway Walk""".split()
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
REGIONS = """Bavaria Saxony Tuscany Catalonia Andalusia Normandy Brittany Flanders Yorkshire Lancashire Cornwall Kent Essex Sussex Scotland
Wales England Lombardy Sicily Galicia Crimea Siberia Bohemia Moravia Silesia Transylvania Punjab Kerala Bengal Gujarat Ontario Quebec
Queensland Victoria Tasmania Jalisco Patagonia Anatolia Kurdistan Hokkaido Sichuan Guangdong Europe Asia Africa America Scandinavia
Styria Tyrol Savoy Alsace Provence Burgundy Lower\tSaxony Upper\tAustria North\tRhine-Westphalia New\tEngland Northern\tIreland Middle\tEast
South\tAmerica North\tAmerica West\tVirginia Southeast\tAsia Latin\tAmerica Eastern\tEurope New\tSouth\tWales British\tColumbia""".split()
SLOT = re.compile(r"\{(\w+)\}")


class Maker:
    def __init__(self, lists, seed):
        self.lists, self.rng = lists, random.Random(seed)
        is_plain = lambda locale: all(ord(c) < 0x370 for name in lists.given[locale][:20] for c in name)
        self.locales = [locale for locale in lists.locales if is_plain(locale)]
        self.big = [c for c in lists.cities if c[2] > 100_000]
        self.by_country = {}
        for name, code, _ in lists.cities:
            self.by_country.setdefault(code, []).append(name)
        self.language = "en"

    def pick(self, values):
        return values[int(self.rng.random() * len(values))]

    def chance(self, share):
        return self.rng.random() < share

    def locale(self):
        if self.language != "en":
            known = [x for x in LOCALE_OF.get(self.language, ()) if x in self.lists.given and x in self.lists.surname]
            if known:
                return self.pick(known)
        return self.pick(ENGLISH) if self.chance(0.4) else self.pick(self.locales)

    def given(self):
        locale = self.locale()
        pool = self.lists.given.get(locale) or self.lists.given["en_US"]
        return self.pick(pool)

    def sur(self):
        r = self.rng.random()
        locale = self.locale()
        base = self.pick(self.lists.surname.get(locale) or self.lists.surname["en_US"])
        if r < 0.04:
            return self.pick(PARTICLES) + " " + base
        if r < 0.07:
            return base + "-" + self.pick(self.lists.surname["en_US"])
        if r < 0.085:
            return self.pick(("Mc", "Mac", "O'", "D'")) + base
        if r < 0.16:
            return self.invented()
        return base

    def invented(self):
        """A name nobody has listed: parts of two."""
        a, b = (self.pick(self.lists.surname[self.pick(self.locales)]) for _ in "ab")
        word = (a[:self.rng.randint(2, 4)] + b[-self.rng.randint(3, 5):]).replace(" ", "").replace("-", "").lower()
        return word[:1].upper() + word[1:]

    def per(self):
        locale = self.locale()
        given = self.pick(self.lists.given.get(locale) or self.lists.given["en_US"])
        sur = self.pick(self.lists.surname.get(locale) or self.lists.surname["en_US"])
        if self.chance(0.3):
            sur = self.sur()
        if self.chance(0.08):
            given = self.invented()
        r = self.rng.random()
        if r < 0.08:
            given += f" {chr(65 + self.rng.randrange(26))}."
        elif r < 0.14:
            given += " " + self.given()
        elif r < 0.17:
            given = f"{given[0]}."
        elif r < 0.19:
            given = f"{given[0]}. {chr(65 + self.rng.randrange(26))}."
        elif r < 0.20:
            return f"{given} \"{self.given()}\" {sur}"
        elif r < 0.22:
            return f"{given} {sur} {self.pick(('Jr.', 'Sr.', 'III', 'II', 'MD', 'PhD', 'DDS'))}"
        elif r < 0.24:
            return f"{sur}, {given}"
        elif r < 0.27:
            return f"{given} {sur} {self.sur()}"
        elif r < 0.29:
            return given
        if self.language == "hu":
            return f"{sur} {given}"
        return f"{given} {sur}"

    def digits(self, low, high):
        return str(self.rng.randint(low, high))

    def city(self):
        if self.language != "en" or self.chance(0.3):
            code = self.pick(COUNTRY_OF.get(self.language, "US").split())
            return self.pick(self.by_country[code])
        return self.pick(self.big)[0] if self.chance(0.45) else self.pick(self.lists.cities)[0]

    def country(self):
        if self.chance(0.1):
            return self.pick(("USA", "UK", "U.S.", "US", "U.K.", "EU", "England", "Scotland", "Holland", "America", "Britain"))
        return self.pick(self.lists.countries)

    def region(self):
        return self.pick(REGIONS).replace("\t", " ") if self.chance(0.6) else self.pick(self.lists.states)[1]

    def state(self):
        code, name = self.pick(self.lists.states)
        return code if self.chance(0.7) else name

    def place(self):
        return self.pick((self.city, self.city, self.country, self.region))()

    def zip(self):
        d, l = (lambda n: "".join(self.pick("0123456789") for _ in range(n))), (lambda n: "".join(self.pick("ABCEGHJKLMNPRSTVXYW") for _ in range(n)))
        kinds = {"nl": f"{d(4)} {l(2)}", "pl": f"{d(2)}-{d(3)}", "sv": f"{d(3)} {d(2)}", "cs": f"{d(3)} {d(2)}", "pt": f"{d(4)}-{d(3)}", "da": d(4), "no": d(4), "hu": d(4), "sl": d(4)}
        if self.language in kinds:
            return kinds[self.language]
        r = self.rng.random()
        if self.language != "en" or r < 0.65:
            return d(5)
        return (f"{d(5)}-{d(4)}", d(4), f"{l(2)}{d(1)} {d(1)}{l(2)}", f"{l(1)}{d(1)}{l(1)} {d(1)}{l(1)}{d(1)}", f"{l(1)}{d(2)} {d(1)}{l(2)}", f"{d(4)} {l(2)}", f"{l(1)}-{d(4)}", f"{d(6)}")[int(self.rng.random() * 8)]

    def base(self):
        """The name in a street's name."""
        r = self.rng.random()
        if r < 0.35:
            return self.pick(self.lists.surname[self.pick(ENGLISH)] if self.chance(0.5) else self.lists.surname[self.pick(self.locales)])
        if r < 0.5:
            return self.given()
        if r < 0.65:
            return self.pick(self.lists.cities)[0]
        if r < 0.8:
            return self.pick(NOUNS)
        if r < 0.9:
            return self.pick(("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Main", "High", "Church", "Park", "Station", "School", "Mill", "Market", "1st", "2nd", "3rd", "5th", "42nd", "10th", "E 5th", "N. Main", "South Elm"))
        return f"{self.pick(NOUNS)} {self.pick(NOUNS)}"

    def streetname(self, language=None):
        language = language or (self.language if self.language != "en" else self.pick(("en",) * 9 + tuple(LOCALE_OF)))
        p, b, lists = self.pick, self.base(), self.lists.streets
        one = b.replace(" ", "-")
        low = one[:1].upper() + one[1:].lower()
        tables = {
            "en": lambda: f"{b} {p(EN_STREETS)}",
            "de": lambda: p((f"{low}{p(('straße', 'strasse', 'str.', 'weg', 'gasse', 'platz', 'allee', 'ring', 'damm', 'ufer', 'hof', 'berg', 'markt'))}", f"{one}-{p(('Straße', 'Strasse', 'Weg', 'Platz', 'Allee'))}", f"{p(('Am', 'An der', 'Im', 'Auf dem', 'Alte', 'Neue', 'Untere'))} {low}{p(('', 'weg', 'straße', 'feld', 'bach', 'wiese'))}")),
            "fr": lambda: f"{p(('rue', 'Rue', 'avenue', 'Avenue', 'boulevard', 'place', 'Place', 'quai', 'Quai', 'impasse', 'chemin', 'cours', 'allée', 'route'))} {p(('', 'de ', 'de la ', 'des ', 'du ', 'du Général ', 'Saint-', 'de l’'.replace('’', chr(39))))}{b}",
            "es": lambda: f"{p(('Calle', 'calle', 'C/', 'C.', 'Avda.', 'Av.', 'Avenida', 'Plaza', 'Paseo', 'Ctra.', 'Carrera', 'Camino', 'Ronda', 'Travesía', 'Rúa'))} {p(('', 'de ', 'del ', 'de la ', 'San ', 'los '))}{b}",
            "it": lambda: f"{p(('Via', 'via', 'Viale', 'Piazza', 'Corso', 'Vicolo', 'Largo', 'Strada', 'Contrada'))} {p(('', 'del ', 'della ', 'San ', 'Giuseppe ', 'dei '))}{b}",
            "nl": lambda: p((f"{low}{p(('straat', 'weg', 'laan', 'plein', 'kade', 'gracht', 'dreef', 'singel', 'pad', 'hof', 'dijk', 'steenweg'))}", f"{p(('Oude', 'Nieuwe', 'Grote', 'Rue', 'Burgemeester', 'Sint', 'van'))} {low}{p(('straat', 'weg', 'laan', 'baan'))}", f"{p(('Avenue', 'Rue', 'Chaussée'))} {p(('de ', 'du ', 'des ', ''))}{b}")),
            "pt": lambda: f"{p(('Rua', 'Avenida', 'Av.', 'Travessa', 'R.', 'Estrada', 'Praça', 'Alameda', 'Vila', 'Quinta'))} {p(('', 'da ', 'do ', 'dos ', 'Doutor ', 'São '))}{b}",
            "pl": lambda: f"{p(('ul.', 'ul.', 'ulica', 'al.', 'pl.', 'os.'))} {p(lists['pl_PL'])}",
            "tr": lambda: f"{b} {p(('Sokak', 'Caddesi', 'Cad.', 'Sok.', 'Bulvarı', 'Mahallesi'))}",
            "sv": lambda: p((f"{low}{p(('gatan', 'vägen', 'stigen', 'gränd', 'gata', 'väg', 'torget', 'backen'))}", f"{p(('Stora', 'Norra', 'Södra', 'Lilla', 'Västra'))} {low}{p(('gatan', 'vägen', ''))}")),
            "da": lambda: p((f"{low}{p(('vej', 'gade', 'allé', 'stræde', 'vænget', 'parken', 'bakken'))}", p(lists["da_DK"]))),
            "no": lambda: p((f"{low}{p(('veien', 'vegen', 'gata', 'gate', 'vei', 'bakken', 'lia'))}", f"{b} {p(('gate', 'vei', 'veg'))}")),
            "fi": lambda: f"{low}{p(('katu', 'tie', 'kuja', 'polku', 'ranta', 'kaari'))}",
            "cs": lambda: p((p(lists["cs_CZ"]), p(lists["sk_SK"]), f"Na {low}")),
            "hu": lambda: f"{b} {p(('utca', 'út', 'u.', 'tér', 'körút', 'köz'))}",
            "ro": lambda: f"{p(('Strada', 'Str.', 'Bulevardul', 'Bd.', 'Calea', 'Aleea'))} {b}",
            "sl": lambda: p((p(lists["sl_SI"]), f"{low} {p(('cesta', 'ulica', 'pot', 'trg'))}")),
            "el": lambda: f"{b}",
            "ru": lambda: p((f"ул. {p(lists['ru_RU'])}", f"{p(('улица', 'проспект', 'вулиця'))} {p(lists['uk_UA'])}")),
        }
        return tables[language]()

    def street(self):
        language = self.language if self.language != "en" else self.pick(("en",) * 9 + tuple(LOCALE_OF))
        name = self.streetname(language)
        number = self.digits(1, 400) if self.chance(0.8) else self.digits(400, 9999)
        if self.chance(0.06):
            number += self.pick("abcABC")
        if language in ("en", "fr") or self.chance(0.15):
            text = f"{number}{',' if language == 'fr' and self.chance(0.5) else ''} {name}"
            if self.language == "en" and language != "en" and self.chance(0.4):
                text = f"{number} {name} {self.digits(1, 300)}"
        else:
            text = f"{name}{',' if language in ('es', 'it', 'pt') and self.chance(0.6) else ''} {number}{'.' if language == 'hu' and self.chance(0.5) else ''}"
            if self.chance(0.05):
                text += f"-{self.digits(1, 30)}"
        if self.language == "en" and self.chance(0.15):
            text += f"{self.pick((' ', ', '))}{self.apt()}"
        return text

    def apt(self):
        return self.pick((f"Apt. {self.digits(1, 999)}", f"Apt {self.digits(1, 99)}", f"Suite {self.digits(1, 999)}", f"Suite {self.digits(1, 99):0>3}", f"Unit {self.digits(1, 99)}", f"Ste {self.digits(1, 500)}", f"#{self.digits(1, 99)}", f"Flat {self.digits(1, 40)}", f"Floor {self.digits(1, 30)}", f"Apartment {self.digits(1, 99)}{self.pick('ABC')}", f"2nd Floor", f"Bldg {self.digits(1, 9)}"))

    def adr(self):
        apt = f"{self.pick((' ', ', '))}{self.apt()}" if self.chance(0.45) else ""
        street, city = self.street(), self.city()
        number = f"{self.digits(1, 99)} " if self.chance(0.15) else ""
        r = self.rng.random()
        sep = self.pick((", ", ", ", ", ", "\n", "\n ", "\n    "))
        if r < 0.35:
            return f"{number}{street}{apt}{sep}{city}{sep if chr(10) in sep else ', '}{self.state()} {self.zip()}"
        if r < 0.55:
            return f"{number}{street}{apt}{sep}{city}{sep}{self.country()} {self.zip()}"
        if r < 0.75:
            return f"{number}{street}{apt}{sep}{self.zip()} {city}" + (f"{sep}{self.country()}" if self.chance(0.5) else "")
        if r < 0.8:
            return f"the corner of {self.streetname()} and {self.streetname()}"
        if r < 0.84:
            return f"P.O. Box {self.digits(1, 9999)}{sep}{city}{sep}{self.state()} {self.zip()}"
        if r < 0.88:
            return f"{self.pick(('PSC', 'Unit', 'CMR'))} {self.digits(100, 9999)}{self.pick((', ', ' '))}Box {self.digits(1, 9999)}\n{self.pick(APO)} {self.digits(10000, 99999)}"
        if r < 0.94:
            return f"{street}{apt}{sep}{city}"
        return f"{street}"

    def acro(self):
        if self.chance(0.4):
            return self.pick([b for b in BRANDS if b.isupper()])
        return "".join(self.pick("ABCDEFGHIKLMNOPRSTUW") for _ in range(self.rng.randint(3, 5)))

    def company(self):
        r = self.rng.random()
        if r < 0.2:
            return self.pick(BRANDS)
        if r < 0.35:
            return f"{self.sur()} {self.pick(FORMS)}"
        if r < 0.45:
            return f"{self.sur()}{self.pick((' and ', ' & ', '-', ', '))}{self.sur()}" + (f" {self.pick(FORMS)}" if self.chance(0.4) else "")
        if r < 0.6:
            return f"{self.pick(NOUNS)} {self.pick(TAILS)}" + (f" {self.pick(FORMS)}" if self.chance(0.3) else "")
        if r < 0.72:
            return f"{self.pick(NOUNS)}{self.pick(NOUNS)}" if self.chance(0.5) else f"{self.pick(NOUNS)}{self.pick(NOUNS).lower()}"
        if r < 0.82:
            return f"{self.sur()} {self.pick(TAILS)}"
        if r < 0.9:
            return f"{self.pick(NOUNS)} {self.pick(NOUNS)} {self.pick(TAILS)}"
        if r < 0.95:
            return f"{self.city()} {self.pick(TAILS)}"
        return f"{self.digits(1, 9)} {self.pick(NOUNS)} {self.pick(NOUNS)}s {self.pick(FORMS)}"

    def org(self):
        r = self.rng.random()
        if r < 0.55:
            return self.company()
        if r < 0.62:
            return self.university()
        if r < 0.67:
            return self.team()
        if r < 0.72:
            return self.acro()
        return self.pick((
            lambda: f"Bank of {self.place()}", lambda: f"{self.pick(('Ministry', 'Department', 'Office', 'Institute'))} of {self.pick(('Health', 'Justice', 'Foreign Affairs', 'Defense', 'Education', 'Energy', 'Finance', 'State', 'Technology'))}",
            lambda: f"{self.city()} City Council", lambda: f"{self.city()} General Hospital", lambda: f"St. {self.given()} Hospital", lambda: f"{self.city()} Police Department",
            lambda: f"National {self.pick(('Bank', 'Library', 'Park Service', 'Science Foundation', 'Guard', 'Gallery'))}", lambda: f"European {self.pick(('Union', 'Commission', 'Central Bank', 'Court of Justice'))}",
            lambda: f"{self.country()} {self.pick(('Airlines', 'Telecom', 'Post', 'Football Federation'))}", lambda: f"Royal {self.pick(('Society', 'Opera House', 'Bank', 'Mail'))}", lambda: f"{self.pick(('Society', 'Association', 'Federation'))} of {self.pick(NOUNS)} {self.pick(TAILS)}",
            lambda: self.newspaper(), lambda: "United Nations", lambda: f"{self.city()} {self.pick(('High School', 'Chamber of Commerce', 'Symphony Orchestra', 'Airport', 'Zoo', 'Museum of Art'))}"))()

    def university(self):
        return self.pick((lambda: f"University of {self.place()}", lambda: f"{self.city()} University", lambda: f"{self.sur()} College", lambda: f"{self.region()} State University", lambda: f"Technical University of {self.city()}", lambda: self.pick(("Harvard", "Yale", "Princeton", "MIT", "Stanford", "Oxford", "Cambridge", "Harvard University"))))()

    def team(self):
        return self.pick((lambda: f"{self.city()} {self.pick(('United', 'City', 'FC', 'Rovers', 'Athletic', 'Town', 'Wanderers', 'Tigers', 'Eagles', 'Lions', 'Bears', 'Giants', 'Sox', 'Rangers'))}", lambda: f"FC {self.city()}", lambda: self.pick(self.big)[0], lambda: f"Real {self.pick(self.big)[0]}", lambda: f"the {self.city()} {self.pick(('Tigers', 'Kings', 'Giants'))}"))()

    def work(self):
        return self.pick((lambda: f"The {self.pick(NOUNS)} {self.pick(NOUNS)}", lambda: f"{self.pick(NOUNS)} of the {self.pick(NOUNS)}", lambda: f"{self.pick(NOUNS)} and {self.pick(NOUNS)}", lambda: f"The {self.pick(NOUNS)} of {self.pick(NOUNS)}", lambda: f"{self.pick(('My', 'Our', 'Her'))} {self.pick(NOUNS)}", lambda: f"{self.pick(NOUNS)}", lambda: f"{self.pick(('A Night in', 'Return to', 'Letters from'))} {self.pick(NOUNS)}"))()

    def date(self):
        d, m, y = self.rng.randint(1, 28), self.rng.randint(1, 12), self.rng.randint(1900, 2026)
        month = MONTHS[m - 1]
        return self.pick((f"{m}/{d}/{y}", f"{d}.{m}.{y}", f"{y}-{m:02}-{d:02}", f"{month} {d}, {y}", f"{d} {month} {y}", f"{month} {y}", f"{d:02}/{m:02}/{y}", f"{d:02}.{m:02}.{y}", f"{month} {d}", self.pick(WEEKDAYS), f"{y}", f"{month[:3]} {d}, {y}"))

    def slot(self, name):
        rng, pick = self.rng, self.pick
        if hasattr(Maker, name) and name not in ("slot", "fill", "pick", "chance"):
            return getattr(self, name)()
        plain = {
            "nrp": lambda: pick(NATIONALITIES), "job": lambda: pick(self.lists.jobs).split(",")[0] if self.chance(0.6) else pick(("engineer", "teacher", "nurse", "lawyer", "singer", "actor", "painter", "writer", "footballer", "journalist")),
            "age": lambda: self.digits(18, 95), "num": lambda: self.digits(1, 99999), "year": lambda: self.digits(1850, 2026),
            "email": lambda: f"{pick(self.lists.given['en_US'])}{pick(('', '.', '_'))}{pick(NOUNS)}@{pick(NOUNS).lower()}.{pick(('com', 'org', 'de', 'hu'))}",
            "phone": lambda: pick((f"({self.digits(100, 999)}) {self.digits(100, 999)}-{self.digits(1000, 9999)}", f"+{self.digits(1, 99)} {self.digits(10, 999)} {self.digits(1000, 9999999)}", f"0{self.digits(10, 99)} {self.digits(1000, 9999)} {self.digits(100, 999)}", f"{self.digits(100, 999)}-{self.digits(100, 999)}-{self.digits(1000, 9999)}")),
            "card": lambda: "4" + "".join(pick("0123456789") for _ in range(15)), "url": lambda: f"http://www.{pick(NOUNS)}{pick(NOUNS)}.{pick(('com', 'ch', 'be'))}/",
            "money": lambda: pick(("$", "€", "")) + self.digits(1, 9999), "code": lambda: "".join(pick("ABCDEFGH0123456789") for _ in range(12)),
            "letter": lambda: pick("ABCDKM"), "pron": lambda: pick(("he", "she", "they")), "pron2": lambda: pick(("him", "her")), "poss": lambda: pick(("his", "her")),
            "handle": lambda: "@" + pick(self.lists.given["en_US"]).lower() + self.digits(1, 99), "word": lambda: pick(("Sales", "IT", "HR", "Finance", "Legal")),
            "word1": lambda: pick(NOUNS), "weekday": lambda: pick(WEEKDAYS), "month": lambda: pick(MONTHS), "in1": lambda: chr(65 + rng.randrange(26)), "in2": lambda: chr(65 + rng.randrange(26)),
            "roman": lambda: pick(("I", "II", "III", "IV", "VI", "XVI")), "apo": lambda: pick(APO), "label": lambda: pick(LABELS.split("|")), "army": lambda: pick(ARMIES.split("|")),
            "parliament": lambda: pick(PARLIAMENTS.split("|")), "party": lambda: pick(PARTIES.split("|")), "event": lambda: pick(EVENTS.split("|")), "league": lambda: pick(LEAGUES.split("|")), "award": lambda: pick(AWARDS.split("|")),
            "ship": lambda: f"{pick(('USS', 'HMS', 'MS'))} {pick(NOUNS)}", "museum": lambda: pick((f"{self.city()} Museum", "National Gallery", "Louvre", "Museum of Modern Art", "British Museum")),
            "newspaper": lambda: pick(NEWSPAPERS.split("|")).strip(),
        }
        return plain[name]()

    def newspaper(self):
        return self.pick(NEWSPAPERS.split("|")).strip()

    def fill(self, template, language="en"):
        """The text of a template and its spans."""
        self.language = language
        out, spans, at, length = [], [], 0, 0

        def put(text):
            nonlocal length
            out.append(text)
            length += len(text)

        template = template.replace("\\n", "\n").replace("\\t", "\t")
        for slot in SLOT.finditer(template):
            put(template[at:slot.start()])
            at = slot.end()
            name = slot.group(1)
            if name == "titled":
                if self.chance(0.9):
                    put(self.pick(("Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Mr ", "Miss ", "Prof. ", "mr. ", "Mrs ", "ms ")))
                name = "sur" if self.chance(0.6) else "per"
            value = self.slot(name).translate(FOLDS)
            if name in LABEL:
                start = length
                if name in ("event", "team") and value.startswith("the "):
                    start += 4
                spans.append((start, length + len(value), LABEL[name]))
            elif name == "in1" and template[at:at + 1] == ".":
                spans.append((length, length + 2, "PER"))
            put(value)
        put(template[at:])
        text = "".join(out).replace("«", "{").replace("»", "}")
        return text, spans

    def varied(self, text, spans):
        """The same in other clothes: small, capitals, tokens apart."""
        r = self.rng.random()
        if r < 0.10 and len(text.lower()) == len(text):
            text = text.lower()
        elif r < 0.14 and len(text.upper()) == len(text):
            text = text.upper()
        if self.chance(0.15) and "\n" not in text:
            text, spans = apart(text, spans)
        return text, spans


def apart(text, spans):
    """Signs set apart with spaces, as tokenised corpora have them."""
    out, where = [], []
    for i, c in enumerate(text):
        sign = c in ",;:!?()\"" or c == "." and (i + 1 == len(text) or text[i + 1] == " ") and i > 1 and text[i - 2] not in " ."
        if sign and out and out[-1] != " ":
            out.append(" ")
        where.append(len(out))
        out.append(c)
        if sign and i + 1 < len(text) and text[i + 1] != " ":
            out.append(" ")
    where.append(len(out))
    return "".join(out), [(where[s], where[e - 1] + 1, label) for s, e, label in spans]


def joined(parts, seed):
    """Sentences as texts have them: half alone, half two or three behind each other."""
    rng, out, at = random.Random(seed), [], 0
    while at < len(parts):
        count = 1 if rng.random() < 0.5 else rng.choice((2, 3))
        text, spans, joint = "", [], rng.choice((" ", " ", "\n", "\n\n"))
        for one, places in parts[at:at + count]:
            text += joint if text else ""
            spans += [(start + len(text), end + len(text), label) for start, end, label in places]
            text += one
        out.append((text, spans))
        at += count
    return out


def families():
    """(family, language, template), the template's number being stable."""
    for family in ("CHAT", "RECORDS", "EDITED", "PLAIN"):
        for line in getattr(templates, family).strip().split("\n"):
            yield family, "en", line
    for line in templates.OTHER.strip().split("\n"):
        language, line = line.split("|", 1)
        yield "OTHER", language, line


def texts(lists, seed, rounds, wanted):
    """`rounds` fillings of every template that `wanted(number)` accepts: (family, text, spans)."""
    maker = Maker(lists, seed)
    weight = {"CHAT": 1.0, "RECORDS": 1.0, "EDITED": 1.6, "PLAIN": 1.0, "OTHER": 0.7}
    for number, (family, language, template) in enumerate(families()):
        if not wanted(number):
            continue
        for _ in range(int(rounds * weight[family])):
            text, spans = maker.fill(template, language)
            yield (family, *maker.varied(text, spans))
