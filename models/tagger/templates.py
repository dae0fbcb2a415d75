"""Our own texts with slots: everyday messages, records, forms, letters, news and encyclopaedia, in a dozen languages."""

# Slots: per full name · given · sur · title name (Mr. X) · adr whole address · street number and street · apt · city · country · state
# zip · place (city, region or country) · org · company · date · nrp nationality · job · age · work (title of a work) · num · email · phone ·
# card · url · money · year · acro · word. « and » stand for braces.

CHAT = r"""
My name is {per}.
my name is {per} and i live in {city}
Hi, this is {per} calling about my order.
Hello, I'm {given}. Could you help me with my account?
It's {per}, with a {letter}.
The account holder is {per}, born {date}.
Is this still registered to {per}?
Please update my address to {adr}.
I moved. The new address is {adr}, can you change it?
Can you ship the parcel to {adr} instead of {adr}?
We're now at {adr}.
Send it to {per}, {adr}.
you can reach {given} at {phone} or {email}
Transfer {money} from {per}'s account to {per}.
who is {per} and why is {pron} on my contract?
I spoke with {given} yesterday, {pron} said it would be fine.
Please ask {titled} to call me back at {phone}.
I need a refund, the booking was under {sur}.
Agent: may I have your full name please? Customer: {per}
Agent: And the billing address? Customer: it's {adr}
Bot: Where should we send the card? User: {adr}
Bot: Which city are you in? User: {city}
User: {per}\nBot: Thank you {given}, and your postcode?\nUser: {zip}
{given}: are you coming tonight?\n{given}: yes, with {given} and {given}
{given}, can you pick up {given} from school?
Thanks {given}!
thx {given} see you in {city}
Dear {titled}, your card {card} has been blocked.
How do I withdraw money in {country}?
What's the weather in {place} this week?
How far is {city} from {city}?
i am travelling to {country} next month, will my card {card} work in {city}?
Do you have a branch in {city}, {state}?
Which branches of {org} are open near {street}?
I work for {org} as a {job}.
My employer is {org}, based in {city}.
Has {org} paid the invoice?
We deliver from {city} to {city} within two days.
I was charged twice by {org} on {date}.
What is the phone number of {org} in {city}?
The office of {org} is at {adr}.
{org} moved to {street}, {city}.
Meet me at {street}.
meet me in front of {org} on {street} at 7
Pick me up at {street}, {apt}.
I'd like a taxi from {street} to {street} please
It is on the corner of {streetname} and {streetname}.
the crossing of {streetname} and {streetname} is closed
My wife {given} and I bought a house on {streetname}.
{given} lives with {given} at {adr}
{per} has lived in {city} since {year}.
She was born in {country} and grew up in {city}.
He comes from {city}, but his parents are {nrp}.
I'm {nrp} and I need a visa for {country}.
{given} is {age} years old and works as a {job} at {org}.
{titled} is a {age} year old {job} from {place}.
My date of birth is {date}.
Call {phone} and ask for {given}.
The password reset goes to {email}, right {given}?
please cancel the subscription of {per} ({email})
Am I speaking to {per}? No, this is {poss} brother {given}.
{per}? Never heard of {pron2}.
Tell {given} that {given} called.
It should be under {per} or {per}.
Do you know anyone at {org}?
Maybe you could talk to {given} from {org}.
the driver was {given} and the plate is {code}
I'm from {place}.
They call me {given}.
Everyone calls her {given}, but her name is {per}.
My mother's maiden name is {sur}.
Last name {sur}, first name {given}.
What is your surname? {sur}.
Spell it please: {per}.
This is {given} {sur}'s phone, {given} speaking.
Could you tell me if {per} still works at {org}?
{per} told {per} about the merger of {org} and {org}.
Send flowers to {given}, {street}, {city} {zip}, {country}.
Where is {country}? Is {city} its capital?
Our flight from {city} to {city} was cancelled by {org}.
i bought it at {org} in {city} for {money}
my {org} account is locked
My boss, {per}, is on holiday in {place}.
Hey {given}, {given} here. Are we still on for {date}?
It was {given}'s idea, not {given}'s.
The kids are called {given}, {given} and {given}.
I have an appointment with Dr. {sur} on {date}.
{per} is my lawyer, {phone}.
who won, {given} or {given}?
Happy birthday {given}!!! love from {given} and {given}
omg {given} you won't believe what {given} did in {city}
watching {per} on {org} rn
just landed in {city} ✈
{per} is trending again lol
can't wait to see {per} live in {city}!
RT {handle}: {per} scores for {team}
good luck to {team} against {team} tonight
I love {per}'s new song
{given} and {given} are the cutest
going to {place} with {given} tmrw
miss u {given}
happy bday to my girl {given} {sur} :)
Maybe {given} knows. Ask {given}!
so sad about {per} :(
{given} said hi
{given} and I went to {place}
Is {given} your real name?
{titled} will see you now.
Where does {given} live? In {place}.
{per} here, I need to change my address from {street} to {street}.
Our restaurant is at {adr}
it's in {adr}
I have two addresses: {adr}, and {adr}
my postcode is {zip}
"""

RECORDS = r"""
Name: {per}\nAddress: {street}\n{city}, {state} {zip}\nPhone: {phone}
Name: {per}\nDate of birth: {date}\nNationality: {nrp}\nOccupation: {job}
First name: {given}\nLast name: {sur}\nStreet: {street}\nCity: {city}\nPostal code: {zip}\nCountry: {country}
Full name:   {per}\nE-mail:      {email}\nMobile:      {phone}
Customer: {per}\nAccount: {num}\nBilling address: {adr}
Ship to:\n{per}\n{street}\n{apt}\n{city}, {state} {zip}
Deliver to:\n  {per}\n  {org}\n  {street}\n  {zip} {city}\n  {country}
{per}\n{street}\n{city}\n{state}\n{zip}
{per}\n{street} {apt}\n{city}\n{country} {zip}
{per}\n{job}\n{org}\n{street}\n{city} {zip}\n{phone}-Office,{phone}-Fax
{per}\n{job}, {org}\n{street}, {city}\nT {phone}\n{email}
{org}\n{street}\n{apt}\n{city} {zip}\n{country}
> {per}\n> {org}\n> {street}\n> {apt}\n> {city}\n> {country} {zip}
From: {per} <{email}>\nTo: {per} <{email}>\nSubject: Contract with {org}\n\nDear {given},
Best regards,\n{per}\n{job}\n{org}
Kind regards\n\n{per}\n{org} | {street} | {zip} {city} | {country}
Sincerely,\n{per}
Yours faithfully,\n\n{per}\n{org}
Cheers,\n{given}
On {date}, {per} <{email}> wrote:\n> Thanks {given}, will do.
«"name": "{per}", "street": "{street}", "city": "{city}", "zip": "{zip}", "country": "{country}"»
«"first_name": "{given}", "last_name": "{sur}", "email": "{email}", "employer": "{org}"»
«"customer": «"fullName": "{per}", "address": "{adr}"», "amount": {num}»
«"id": {num}, "title": "{job}", "user": "{per}", "location": "{city}, {country}"»
id,name,street,city,zip\n{num},{per},{street},{city},{zip}\n{num},{per},{street},{city},{zip}
{per};{street};{zip};{city};{phone}
{num}\t{per}\t{org}\t{city}\t{date}
| {per} | {job} | {org} | {city} |
<name>{per}</name><address>{street}, {zip} {city}</address>
name={per}&city={city}
INSERT INTO customers (name, city, company) VALUES ('{per}', '{city}', '{org}');
- {per} ({org})\n- {per} ({org})\n- {per}, {city}
1. {per}\n2. {per}\n3. {per}
Attendees: {per}, {per}, {per} and {per}
Participants: {given}, {given}, {given} ({org})
Patient: {per}\nDOB: {date}\nAddress: {adr}\nGP: Dr {sur}
Patient {per}, {age} y/o, was admitted to {org} on {date}.
{titled} ({age}) presented with chest pain; referred by Dr. {per}.
Seen by Dr. {sur} in clinic. {titled} lives alone at {street}, {city}.
Next of kin: {per} (wife), {phone}
Insured: {per}, policy {num}, {street}, {zip} {city}
Payee: {per}\nIBAN {code}\nReference: rent {streetname} {zip}
Invoice to: {org}, {street}, {city}, {state} {zip}
Beneficiary: {org}, {city}
Ticket #{num} opened by {per} ({org}): printer in {city} is down
Assigned to {given} {sur}; watcher: {given}
CURRICULUM VITAE\n{per}\n{street}, {zip} {city}\nNationality: {nrp}\n\nExperience\n{year}-{year} {job}, {org}, {city}
Education: {university}, {city}, {year}
References: {per}, {job} at {org}, {phone}
Unit {num} Box {num}\n{apo} {zip}
PSC {num}, Box {num}\n{apo} {zip}
P.O. Box {num}, {city}, {state} {zip}
PO Box {num}\n{city}\n{country}
Employee: {per} | Dept: {word} | Office: {city}
Author: {per}\nDate: {date}\nReviewed-by: {per} <{email}>
Signed-off-by: {per} <{email}>
Copyright (c) {year} {per}
Copyright {year} {org}. All rights reserved.
{per}\n\n{num} {street}\n {apt}\n {city}\n {country} {zip}
Address: {num} {street}\n    {apt}\n    {city}\n    {state}\n    {zip}
{num} {street}\n {city}\n {country} {zip}
{per}, {num} {street}, {city}, {country}
Property: {adr}\nLandlord: {per}\nTenant: {per}
Passenger: {sur}/{given}\nFrom {city} to {city}\n{date}
The parties: {org} ("Seller"), {street}, {city}, and {per} ("Buyer"), {adr}.
This agreement is made between {per}, residing at {adr}, and {org}, a company registered in {country}.
Dear {titled},\n\nThank you for banking with {org}. Your new branch is at {street}, {city}.\n\n{per}\n{job}
Dear {given},\nplease find attached the contract. {given} from {org} will call you on {date}.\nBest,\n{given}
To whom it may concern: {per} was employed by {org} as {job} from {year} to {year}.
Witness: {per}, {adr}
Emergency contact: {per}, {phone}
Location: {city}, {country}
Venue: {org}, {street}, {city}
Contact: {per}, {org}, {email}
Speaker: {per} ({university})
Host: {per} - Guest: {per}
"""

EDITED = r"""
{per} ({date} – {date}) was a {nrp} {job}.
{per} (born {date} in {city}, {country}) is a {nrp} {job} and politician.
{per}, born {date}, is an American {job} from {city}, {state}.
{per} was born in {city}, the son of {per} and {per}.
Born in {city} to a {nrp} family, {sur} studied law at the {university}.
{sur} attended {university} and graduated in {year}.
In {year}, {sur} married {per}, with whom {pron} had two daughters, {given} and {given}.
{sur} died in {city} on {date}.
{per} is best known for {poss} role in {work}.
{work} is a {year} {nrp} film directed by {per} and starring {per} and {per}.
{work} is a novel by {per}, published in {year} by {org}.
"{work}" is a song by {nrp} singer {per} from {poss} album {work}.
The album was produced by {per} and released by {label} in {year}.
The film stars {per}, {per} and {per}.
The screenplay was written by {per}, based on the novel by {per}.
Its members are {per} (vocals), {per} (guitar), {per} (bass) and {per} (drums).
The band was formed in {city} in {year} by {per} and {per}.
{city} is a town in {region}, {country}.
{city} is a municipality in the district of {city} in {region}, {country}.
The village lies between {city} and {city}, about 20 km north of {city}.
The River {word1} flows through {city} before it reaches {city}.
{city} has a population of {num} and is twinned with {city}, {country}.
The county seat is {city}.
It is located on the border of {country} and {country}.
{org} is a {nrp} company headquartered in {city}, {country}.
{org} was founded in {year} by {per} and {per} in {city}.
{org} was acquired by {org} in {year} for {money}.
{company} is a subsidiary of {company}.
Shares of {company} rose 3 percent after the {org} said it would buy {company}.
{org} announced on {weekday} that {per} would succeed {per} as chief executive.
{per}, a spokesman for {org}, said the talks would continue.
"We are very pleased," said {per}, {job} at {org}.
"It was a hard game," {sur} told reporters in {city}.
{sur} said that {sur} had been wrong.
According to {per}, a professor at the {university}, the results are surprising.
Prime Minister {per} met President {per} in {city} on {weekday}.
President {per} of {country} will travel to {city} next week.
The {nrp} government rejected the proposal of the {org}.
{nrp} troops entered {city} in {month} {year}.
The Battle of {city} was fought between {country} and {country} in {year}.
General {sur} commanded the army at {city}.
During {event}, {sur} served in the {army}.
King {given} of {country} was succeeded by his son {given}.
{given} {roman} was the queen of {country} from {year} to {year}.
St. {given} is the patron saint of {city}.
{team} beat {team} 3-1 in {city} on {weekday}.
{team} signed {nrp} striker {per} from {team}.
{per} scored twice as {team} defeated {team}.
{sur} won the {event} in {year}, beating {per} of {country}.
{per} ({country}) beat {per} ({country}) 6-4 6-2
He played for {team}, {team} and {team} before he retired in {year}.
{sur} made his debut for {team} against {team}.
The {league} season began in {month}.
The {award} went to {per} for {work}.
The bridge was designed by {nrp} architect {per}.
{sur} was elected to the {parliament} in {year} as a member of the {party}.
{per} ran for governor of {state} but lost to {per}.
Senator {per} of {state} criticised the {party}.
The {party} won the election in {region}.
{per} was arrested in {city} in connection with the murder of {per}.
Police in {city} said a man named {per}, {age}, had been arrested.
A court in {city} sentenced {per} to ten years in prison.
The case was brought by {org} against {company}.
The United Nations sent {per} to {country}.
An earthquake struck {region} near {city} on {weekday}, the {org} said.
Flights between {city} and {city} were suspended.
{sur} moved to {city} in {year} and worked for {org}.
He was a friend of {per}, {per} and {per}.
The painting by {per} hangs in the {museum} in {city}.
{sur}'s works include {work}, {work} and {work}.
The theory was developed by {sur} and {sur} in {year}.
{sur}, {in1}. and {sur}, {in1}. ({year}). {word1} of {word1}. {org}.
It was discovered by {nrp} astronomer {per}.
The species was first described by {per} in {year}.
The character is played by {per}.
{given} tells {given} that {given} has left {city}.
In the second season, {given} and {given} move to {city}.
The school was named after {per}.
The {ship} sailed from {city} to {city} under Captain {per}.
He taught at {university} and later at {university}.
The town is served by {org} and the {streetname}.
The museum is on {streetname} in {city}.
{per} (disambiguation)
{per} may refer to: {per}, {nrp} footballer; {per}, {nrp} painter
See also {per} and {per}.
The headquarters are in {city}, with offices in {city}, {city} and {city}.
{nrp} and {nrp} officials met in {city}.
Many {nrp} speak {nrp} at home.
{per}, {age}, of {city}, said {pron} was shocked.
{per} and his wife {given} live in {city} with their three children.
{event} took place in {city} from {date} to {date}.
In {country}, the {org} warned that {company} could fail.
{city} ({country}) - {org} said on {weekday} ...
{city}, {month} 12 ({acro}) - {company} said it had sold its stake in {company}.
The {acro} and the {acro} signed an agreement in {city}.
Critics such as {per} of {newspaper} praised the film.
{newspaper} reported that {per} would resign.
In an interview with {newspaper}, {sur} said: "I love {city}."
His brother, {per}, is also a {job}.
Her mother {given} was a {nrp} teacher.
The {work} tour started in {city}, {country}.
They settled near {city}, {state}, where {sur} opened a store.
Mount {sur} is named after {per}.
Lake {sur} is in northern {region}.
{sur} County, {state}
{sur} Park is a park in {city}.
The region includes {country}, {country}, {country} and {country}.
from {per} 's book , {work} .
{per} , who was born in {city} , joined {team} in {year} .
{sur} and {sur} wrote the script .
The Ministry of Foreign Affairs in {city} denied it .
Most of the film was shot in {city} and {city} .
{given} {in1}. {sur} became chairman of {company}.
{in1}. {in2}. {sur} wrote {work}.
{in1}.{in2}. {sur} lived here.
Sir {per} was knighted in {year}.
Pope {given} {roman} visited {country}.
Lady {given} and Lord {sur} divorced in {year}.
{per} Jr. and {per} Sr. both played for {team}.
{per} and {per} were named as co-chairs of the committee.
{sur}, who joined {company} from {company}, will report to {per}.
Analysts at {company} expect {company} to cut prices.
{per}, the former head of {org}, died on {weekday} at the age of {age}.
Mr {sur} told the {newspaper} that he would not resign.
Mrs {sur} denied the allegations.
Defender {per} was injured in the match against {team}.
Coach {sur} praised {sur} after the win over {team}.
{per}'s goal gave {team} a 2-0 lead.
{team}: {sur}; {sur}, {sur}, {sur}; {sur}, {sur}
1. {per} ({country}) 2:05.1 2. {per} ({country}) 2:06.3
{city} : {team} 2 {team} 1
Soviet leader {per} and U.S. President {per} signed the treaty in {city}.
It was recorded in {city} by producer {per}, who had worked with {per}.
{per} plays {given} {sur}, a {job} from {city}.
{given} falls in love with {given}, the daughter of {per}.
{per} (guitar, vocals) left and was replaced by {per}.
The writer {per} called it the best book of {year}.
{sur} et al. showed that the effect is small.
The {sur} family owned land in {region}.
After the death of {given}, {given} became king.
Saint {given} of {city} was a bishop.
The {nrp} explorer {per} reached {place} in {year}.
A statue of {per} stands in {city}.
The asteroid is named after {per}.
{per} graduated from {university} with a degree in physics.
{sur} was replaced by {sur} as minister of finance.
{per} is a professor of history at {university} and the author of {work}.
The film premiered in {city}; {newspaper} called {sur} brilliant.
{company} , based in {city} , makes cars .
He lost the final to {per} of {country} .
{per} : {sur} is right , says {sur} .
{given} was raised by {poss} grandmother in {city}.
{sur} 's father , {per} , was a {job} .
Among the victims were {per}, {age}, and {per}, {age}.
Chairman {per} and director {per} resigned.
In {month}, {sur} was transferred to {team} for {money} million.
The Earl of {city} and the Duke of {city} were present.
Queen {given} opened the {museum}.
It borders {country} to the north and {country} to the south.
"""

# What looks like names and is none; the O of ordinary texts.
PLAIN = r"""
Please read the Terms and Conditions before you continue.
The Annual Report and the Balance Sheet are due on {weekday}.
Click Settings, then Privacy, then Delete Account.
Open the File menu and choose Save As.
How do I reset my Password?
I want to increase the limit on my card {card}.
The IBAN is {code} and the BIC is {acro}.
Error {num}: Connection refused. Try again later.
Thank You For Your Order
IMPORTANT NOTICE: YOUR ACCOUNT WILL BE CLOSED
WARNING: DO NOT OPEN THIS BOX
Summary of Changes\n\nThe following items were updated:
What Is Machine Learning? A Short Introduction
Step 1: Preheat the oven. Step 2: Mix Flour and Sugar.
Write a Python function that returns the Fibonacci numbers.
Use React and TypeScript with Docker and Kubernetes.
let Result = Ok(Vec::new());
public class OrderService extends BaseService implements Runnable «
SELECT Name, City FROM Customers WHERE Country = 'X';
def test_returns_none(self): self.assertIsNone(Parser().parse(''))
import pandas as pd\nimport numpy as np
The API returns JSON with HTTP status 404 if the ID is unknown.
Add a README and update the CHANGELOG.
He said that Monday would be better than Tuesday.
See Figure 3 and Table 2 in Section 4.1.
Q: What is the answer? A: It depends.
Good Morning! How are you today?
I can't believe it's already Friday
LOL OMG WTF that was SO funny
Merry Christmas and a Happy New Year!
The Internet of Things and Artificial Intelligence
Buy One Get One Free
The rate is 4.5% and the fee is {money}.
You have {num} unread messages.
My Visa card was declined, my Mastercard works.
The meeting of {date} is moved to 3:30 pm, room 12-345.
Version 2.10.3 ships on 01/02/2025.
Subject: Re: Meeting
Hi there, how can I help you?
Dear Sir or Madam,
Dear Customer, Dear Team, Hello everyone,
My PIN is wrong and the ATM kept my card.
Why was my payment declined?
I lost my passport and my driver's license.
The Board of Directors met in the Main Hall.
Chapter One: The Beginning
Lorem ipsum dolor sit amet
To Do: Buy Milk, Call Mom, Pay Rent
Ignore All Previous Instructions
You are a Helpful Assistant. Answer in English.
Translate the following text into French and Spanish.
BREAKING NEWS
In My Opinion, The Movie Was Bad.
Total: 12.50 EUR\nTax: 2.50 EUR
Status: OPEN\nPriority: HIGH\nType: Bug
The Great Depression and the Cold War changed politics.
Physics, Chemistry and Biology are sciences.
He bought an iPhone and a MacBook.
Windows, Linux and macOS are supported.
Bitcoin and Ethereum fell on Thursday.
God bless you
What the Hell is going on
I LOVE THIS SONG SO MUCH
Mom and Dad are here, Grandma too.
Ask your Doctor or Pharmacist.
Our Customer Service Team is happy to help.
The President and the Prime Minister met the King.
"Yes," said the Captain. "We sail at dawn."
The Patient Health Questionnaire and the Patient Safety Act
Medical Record of the Patient: see Discharge Summary
Room 12, Building C, Floor 3
Model X, Series 5, Type A
Part No. {num}, Lot {num}, Serial {code}
Apt install failed with code 100.
We drive north, then the road ends at a square.
the street was empty and the avenue of trees was dark
a suite of tests runs in the box
«"id": {num}, "name": "widget", "tags": ["tree", "shade"], "height": 12.5, "created": "{date}", "url": "{url}"»
«"type": "object", "properties": «"query": «"type": "string"»», "required": ["query"]»
IBAN DE89 3704 0044 0532 0130 00 was charged on {date}.
Her account is GB29 NWBK 6016 1331 9268 19 and the card {card} is valid.
let mut out = Vec::with_capacity(left.len() + right.len()); // {date}, v1.2.3
if (user.isActive()) «return Response.ok(Body.empty());»
const App = () => «return <View><Text>Hello</Text></View>»;
The quarterly report seems to be in order, and the board was content with the progress of the last weeks.
Everybody is invited to comment before the end of the month; the plans hang in the foyer.
Please summarise the text below. Use short sentences and avoid Jargon.
What are the side effects of Ibuprofen and Aspirin?
Which is better, Java or Rust? Compare Speed and Safety.
Part A, Lot B, Serial 12, Page 3, Line 45, Column 7
Tickets 4711-0815 and 4712 are Done; Sprint 12 starts on {weekday}.
Room 101 on Floor 3 is booked from 9:00 to 10:30.
Chapter 4, Article 50, Paragraph 2 and Annex III apply.
Attention Required! Please Verify Your Identity
Dear Valued Customer, Your Order Has Shipped
Internet, Television and Radio are Media.
Our Premium Plan includes Unlimited Storage and Priority Support.
Machine Learning, Deep Learning and Natural Language Processing
Neural Networks and Random Forests are Models.
What's your name? My name does not matter.
I'm Sorry, I'm afraid I Can't do that.
I'm tired. I'm not sure. I'm happy to help.
Password: ******** Username: admin
In the Name of the Law! Stop!
Good luck, Have fun, See you soon
Act as a Linux Terminal. I will type Commands.
Imagine you are a Doctor and I am your Patient.
Tweet of the day: just posted a photo {url}
check out {url} for more
"""

OTHER = r"""
de|Mein Name ist {per} und ich wohne in der {street}, {zip} {city}.
de|Sehr geehrter Herr {sur},\nvielen Dank für Ihre Nachricht vom {date}.
de|Sehr geehrte Frau {sur}, Ihr Vertrag mit der {org} läuft aus.
de|Mit freundlichen Grüßen\n{per}\n{org}
de|Die Sitzung in {city} wird von {per} geleitet.
de|{per}\n{street}\n{zip} {city}
de|Ich heiße {given} und komme aus {city}.
de|Bitte rufen Sie Frau {sur} unter {phone} an.
de|Der Patient {per}, geboren am {date}, wohnhaft {street} in {city}.
de|Die Firma {org} mit Sitz in {city} hat die Rechnung bezahlt.
de|Die Öffnungszeiten der Bibliothek stehen an der Tür, der Eingang ist im Hof.
de|Das Haus liegt am Rand der Stadt, und die Straße führt zum Bahnhof.
de|Bestellung Nr. {num} vom {date}; Rückfragen bitte bis Freitag.
de|Die Räume bleiben am Wochenende zugänglich, sofern Helfer gefunden werden. Für die Gäste gibt es Kaffee und Brötchen.
de|Der Vertrag wird von beiden Seiten geprüft. Die Kosten trägt der Käufer.
de|Treffen wir uns am {weekday} bei {given} in der {street}?
de|{sur} wurde in {city} geboren und studierte an der {university}.
fr|Je m'appelle {per} et j'habite au {street}, {zip} {city}.
fr|Monsieur {sur}, votre commande du {date} est prête.
fr|Madame {sur} travaille chez {org} à {city}.
fr|Cordialement,\n{per}\n{org}
fr|{per}\n{street}\n{zip} {city}
fr|Bonjour {given}, peux-tu appeler {given} au {phone} ?
fr|Le patient {per}, né le {date} à {city}, habite {street}.
fr|La société {org}, dont le siège est à {city}, a signé le contrat.
fr|Le Conseil et la Commission ont adopté le Rapport. Les Parties conviennent de ce qui suit.
fr|Né à {city}, {sur} est un écrivain français.
es|Me llamo {per} y vivo en {street}, {zip} {city}.
es|Estimado señor {sur}: le confirmamos la cita del {date}.
es|La señora {sur} trabaja en {org}, en {city}.
es|Saludos,\n{per}
es|{per}\n{street}\n{zip} {city}
es|El paciente {per}, nacido el {date}, vive en {street}, {city}.
es|Hola {given}, ¿puedes llamar a {given} al {phone}?
es|El Ministerio y el Gobierno publicaron la Ley. Las condiciones son las siguientes.
es|{per} nació en {city}, {country}.
it|Mi chiamo {per} e abito in {street}, {zip} {city}.
it|Gentile signor {sur}, la ringraziamo per il suo ordine del {date}.
it|La signora {sur} lavora per {org} a {city}.
it|Cordiali saluti\n{per}
it|{per}\n{street}\n{zip} {city}
it|Ciao {given}, hai visto {given} a {city}?
it|Il Consiglio ha approvato la Legge; il Comune pubblica il bando.
nl|Mijn naam is {per} en ik woon aan de {street}, {zip} {city}.
nl|Geachte heer {sur}, uw bestelling van {date} is verzonden.
nl|Met vriendelijke groet,\n{per}\n{org}
nl|{per}\n{street}\n{zip} {city}
nl|Mevrouw {sur} werkt bij {org} in {city}.
nl|De vergadering begint om negen uur in de grote zaal.
pt|Meu nome é {per} e moro na {street}, {city}.
pt|Prezado senhor {sur}, o seu pedido de {date} foi enviado.
pt|Atenciosamente,\n{per}\n{org}
pt|{per}\n{street}\n{zip} {city}
pt|O paciente {per}, nascido em {date}, mora em {city}.
pt|A reunião começa às nove horas na Sala Principal.
pl|Nazywam się {per} i mieszkam przy {street}, {zip} {city}.
pl|Szanowny Panie {sur}, dziękujemy za zamówienie z dnia {date}.
pl|Pani {sur} pracuje w firmie {org} w {city}.
pl|{per}\n{street}\n{zip} {city}
pl|Umowa wchodzi w życie z dniem podpisania przez obie strony.
tr|Benim adım {per}, {city} şehrinde yaşıyorum.
tr|Sayın {per}, siparişiniz {date} tarihinde gönderildi.
tr|{per}\n{street}\n{zip} {city}
sv|Jag heter {per} och bor på {street}, {zip} {city}.
sv|Hej {given}, kan du ringa {given} på {phone}?
sv|Med vänlig hälsning\n{per}\n{org}
sv|{per}\n{street}\n{zip} {city}
da|Mit navn er {per}, og jeg bor på {street}, {zip} {city}.
da|Venlig hilsen\n{per}\n{org}
da|{per}\n{street}\n{zip} {city}
no|Jeg heter {per} og bor i {street}, {zip} {city}.
fi|Nimeni on {per} ja asun osoitteessa {street}, {zip} {city}.
fi|{per}\n{street}\n{zip} {city}
cs|Jmenuji se {per} a bydlím na adrese {street}, {zip} {city}.
cs|Vážený pane {sur}, děkujeme za objednávku.
cs|{per}\n{street}\n{zip} {city}
hu|A nevem {per}, a címem {zip} {city}, {street}.
hu|{per}\n{zip} {city}\n{street}
ro|Mă numesc {per} și locuiesc pe {street}, {city}.
sl|Ime mi je {per}, stanujem na naslovu {street}, {zip} {city}.
el|Με λένε {per} και μένω στην {city}.
ru|Меня зовут {per}, я живу в городе {city}.
ru|Уважаемый {per}, ваш заказ от {date} отправлен.
"""
