"""What people write for the words of the vocabulary.

Phrases are parted by commas, without accents. A word may end in `*` (it begins so) or begin in `*` (it holds
that); hyphens count as spaces.
"""

from contracts.vocabulary import Certificate, Dossier, Specialism

SPECIALISMS: dict[Specialism, str] = {
    Specialism.CRISISCOMMUNICATIE: "crisiscommunicat*, crisis communicat*, risicocommunicat*,"
    " communicatie bij crises, communicatie in crisis*,"
    " crisisteam*, communicatie bij calamiteiten, crisis en risicocommunicat*, risico en crisiscommunicat*",
    Specialism.CAMPAGNES: "campagne*, *campagne*, mediacampagne*",
    Specialism.VERANDERCOMMUNICATIE: "verandercommunicat*, verander communicat*, verandermanagement,"
    " verandertraject*, veranderproces*,"
    " verandertrajecten, organisatieverandering*, communicatie bij veranderingen, reorganisatie*,"
    " verandertrajecten, cultuurverandering*",
    Specialism.INTERNE_COMMUNICATIE: "interne communicat*, interne en externe communicat*, intranet*,"
    " medewerkerscommunicat*, interne communicatie*,"
    " communicatie naar medewerkers, in en externe communicat*",
    Specialism.STAKEHOLDERMANAGEMENT: "stakeholder*, *stakeholder*, belanghebbenden in kaart,"
    " relatiemanagement, belangenmanagement, krachtenveld*,"
    " netwerkmanagement, schakelen met ontwikkelaars, ketenpartners",
    Specialism.WOORDVOERING: "woordvoer*, persvoorlicht*, perscontact*, persvragen, *woordvoer*, de"
    " pers te woord, pers te woord, persbeleid,"
    " mediawoordvoer*, contact met de pers, aanspreekpunt voor de pers, aanspreekpunt voor de media",
    Specialism.PARTICIPATIE: "participat*, *participatie, inwonersparticipat*, burgerparticipat*,"
    " bewonersparticipat*, participatietraject*, participatieproces*,"
    " samenspraak, inspraak*, cocreatie, co creatie, inwonersbetrokkenheid",
    Specialism.GEDRAGSVERANDERING: "gedragsverander*, gedragsbeinvloed*, gedragscommunicat*,"
    " gedragskennis, nudging, gericht op gedrag, gedragswetenschap*,"
    " gedragsinzicht*",
    Specialism.STRATEGISCHE_COMMUNICATIE: "strategische communicat*, strategisch communicatieadvies,"
    " communicatiestrateg*, strategisch communicatieplan*,"
    " strategisch communicatiekader*, strategische advisering, communicatiestrategie*, strategisch"
    " advis*, strategische communicatieplan*,"
    " strategisch communicatiebeleid, communicatiekader*",
    Specialism.BESTUURSCOMMUNICATIE: "bestuurscommunicat*, bestuurs en communicat*, bestuurlijke"
    " communicat*, bestuursadvis*, adviseren van bestuur*,"
    " advisering van het college, college over, college adviseren, bestuur kunt adviseren, het"
    " bestuur adviseren, wethouder bijgestaan, adviseren van het college,"
    " adviseren van wethouders, adviseert het college, bestuurders adviseren, bestuurdersadvis*,"
    " advisering van bestuurders, adviseren van bestuurders",
    Specialism.PROCESREGIE: "procesregi*, procesbegeleid*, procesmanage*, regie over een proces,"
    " regie houden over een proces, regie op het proces,"
    " complexe processen, procesleid*, regie voeren",
    Specialism.PROJECTLEIDING: (
        "projectleid*, projectmanage*, leiden van projecten,"
        " communicatieprojecten leiden, projectmatig werken"
    ),
    Specialism.ONLINE_COMMUNICATIE: "online communicat*, online, social media, sociale media,"
    " socials, webredact*, webbeheer*, contentstrateg*,"
    " contentcreat*, digitale communicat*, online kanalen, online berichten, onlinecommunicat*,"
    " webcare, cms, social mediakanalen, website*",
    Specialism.REDACTIE: "redactie*, eindredact*, redacteur*, redige*, tekstschrijv*, copywrit*,"
    " vlotte pen, vaardige pen, goede pen, scherpe pen,"
    " teksten schrijven, schrijven van teksten, goed kunnen schrijven, kunnen schrijven,"
    " schrijfvaardig*, persberichten, nieuwsbrie*,"
    " schrijven van artikelen, schrijft teksten, schrijfwerk",
    Specialism.VERKIEZINGSCOMMUNICATIE: "verkiezingscommunicat*, communicatie rond verkiezingen,"
    " communicatie rondom verkiezingen, opkomstcampagne*,"
    " opkomstbevorder*, communicatie over verkiezingen, referendumcommunicat*, referendumcampagne*,"
    " communicatie rond een referendum, communicatie bij verkiezingen",
    Specialism.PUBLIEKSVOORLICHTING: "publieksvoorlicht*, voorlichten van bewoners, voorlichten van"
    " inwoners, publiekscommunicat*, voorlichting aan inwoners,"
    " publieksinformatie, voorlichten van het publiek, inwoners voorlichten",
    Specialism.OMGEVINGSCOMMUNICATIE: (
        "omgevingscommunicat*, omgevingsmanage*, bouwcommunicat*, omgevingsadvis*, projectcommunicat*"
    ),
    Specialism.ARBEIDSMARKTCOMMUNICATIE: "arbeidsmarktcommunicat*, employer branding,"
    " wervingscampagne*, recruitmentmarketing, werkgeversmerk*,"
    " arbeidsmarkt communicat*",
    Specialism.BEGRIJPELIJKE_TAAL: "begrijpelijke taal, begrijpelijk schrijven, heldere taal, klare"
    " taal, taalniveau b1, b1 niveau, b1, eenvoudig nederlands,"
    " direct duidelijk, duidelijke taal, toegankelijke taal, eenvoudige taal",
    Specialism.BEELD_EN_VIDEO: "beeld en video*, videoproduct*, videograf*, vormgev*, fotograf*,"
    " beeldbank*, videobank*, filmpjes, video's, video maken,"
    " vlogs, animaties, infographic*, beeldcommunicat*, beeld en videobank, beeldredact*, video*",
    Specialism.EVENEMENTEN: "evenement*, congres*, bijeenkomsten organiseren, organiseren van"
    " bijeenkomsten, organiseert bijeenkomsten, event*, eventmanage*,"
    " bijeenkomsten en congressen, organisatie van bijeenkomsten, werkbezoeken organiseren,"
    " organiseren van congressen",
    Specialism.MEDIA_ANALYSE: "media analy*, mediaanaly*, mediamonitoring, omgevingsanalyse*, media"
    " monitoring, media analist, mediawatch*, newsroom*,"
    " monitoren van media, sentimentanalyse*, social listening",
}

DOSSIERS: dict[Dossier, str] = {
    Dossier.RUIMTELIJKE_ORDENING: "ruimtelijke*, omgevingswet, omgevingsvisie*, omgevingsplan*,"
    " gebiedsontwikkel*, gebiedsgericht*, bouwplan*, bestemmingsplan*,"
    " stedelijke ontwikkeling*, stedenbouw*, fysieke domein, fysieke leefomgeving, fysiek domein,"
    " centrumplan*, kabeltrace*, nieuwbouw stadhuis, vernieuwbouw*, herinrichting*",
    Dossier.ECONOMISCHE_ONTWIKKELING: "economische ontwikkel*, economie, ondernemersklimaat,"
    " bedrijventerrein*, economische zaken, vestigingsklimaat, toerisme,"
    " binnenstadseconomie, brainport, regiodeal*",
    Dossier.KLIMAAT: (
        "klimaat, klimaatadaptat*, klimaatverander*, klimaatbeleid, klimaatbestendig*,"
        " hittestress, klimaatdoel*, klimaatopgave*"
    ),
    Dossier.ENERGIETRANSITIE: "energietransitie*, warmtenet*, warmtetransitie*, aardgasvrij*,"
    " windmolen*, zonneparken, zonnepark, windpark*, duurzame energie,"
    " hoogspanning*, netversterking*, netcongestie, elektriciteitsnet*, energieneutra*,"
    " verduurzaming*, wijkuitvoeringsplan*, isolatie, laadinfra*",
    Dossier.DIGITALISERING: "digitaliser*, digitale standaarden, open standaarden,"
    " informatieveiligheid, ict, websites en kanalen, online landschap, digitale transformatie,"
    " datagedreven*, digitale overheid, kunstmatige intelligentie, common ground, digitale"
    " toegankelijkheid, beeldbank*, informatiemanagement, algoritme*",
    Dossier.SOCIALE_COHESIE: "sociaal domein, sociale cohesie, sociale samenhang, inclusie,"
    " inclusieve, inclusiviteit, wijkregie, wijkgericht*, leefbaarheid, samenleven, integratie,"
    " wijkaanpak, buurtgericht*, eenzaamheid, diversiteit, discriminatie, wmo",
    Dossier.VERKIEZINGEN: "verkiezing*, *verkiezingen, referendum*, stembureau*",
    Dossier.CRISIS: "crisisbeheersing, rampenbestrijding, crisisorganisatie, calamiteit*",
    Dossier.ZORG: "zorg, jeugdzorg, ouderenzorg, zorgakkoord, volksgezondheid, publieke gezondheid,"
    " zorgcoalitie, gezondheidszorg, ggz, jeugdhulp, vaccinat*,"
    " zorgtransformatie, preventie, wijkverpleging",
    Dossier.ONDERWIJS: (
        "onderwijs, scholen, onderwijshuisvesting, leerplicht, kinderopvang, passend onderwijs"
    ),
    Dossier.MOBILITEIT: "mobiliteit*, openbaar vervoer, verkeer, verkeersveiligheid, bereikbaarheid,"
    " bus en trein, ontsluitingsweg, wegwerkzaamheden, parkeren,"
    " parkeerbeleid, fietspad*, infrastructuur, ov, spoor, snelweg*, rondweg",
    Dossier.WONEN: (
        "wonen, woningbouw*, woondeal*, woningen, huisvesting, volkshuisvesting,"
        " woonvisie*, woningnood, nieuwbouwwijk*, woonbeleid, woningmarkt"
    ),
    Dossier.VEILIGHEID: (
        "veiligheid, ondermijning, openbare orde*, handhaving*, cybercrime,"
        " criminaliteit, brandweer, sociale veiligheid"
    ),
    Dossier.ASIEL: (
        "asiel*, ontheemden, vluchteling*, statushouder*, azc, oekraiense ontheemden,"
        " spreidingswet, noodopvang, opvanglocatie*"
    ),
    Dossier.FINANCIEN: (
        "jaarrekening*, begroting*, jaarverslag*, jaarstukken, bezuiniging*, financien, belasting*, ozb"
    ),
    Dossier.WATER: "hoogwater*, wateroverlast, waterveiligheid, deltaprogramma*, dijk*, waterbeheer,"
    " waterkwaliteit, watersysteem, water in balans, droogte,"
    " waterschapsverkiezingen, waterschapsbestuur*, waterzuivering*, riolering, drinkwater",
    Dossier.ARMOEDE: "armoede*, schuldhulp*, bestaanszekerheid, schulden, minima, minimabeleid",
    Dossier.MILIEU: (
        "milieu*, luchtkwaliteit, bodem, geluidsoverlast, afval*, circulair*,"
        " duurzaamheid, vergunningverlening, pfas, recycling"
    ),
    Dossier.LANDBOUW_EN_NATUUR: (
        "landbouw*, natuur*, stikstof*, agrarisch*, boeren, platteland,"
        " landelijk gebied, biodiversiteit, natura 2000, veehouder*"
    ),
    Dossier.CULTUUR_EN_SPORT: (
        "cultuur, sport, cultuur en sport, erfgoed, museum, musea, sportbeleid,"
        " cultuurbeleid, bibliotheek, theater, sportakkoord"
    ),
    Dossier.HERINDELING: (
        "herindeling*, *herindeling, gemeentelijke fusie, samenvoeging van"
        " gemeenten, fusiegemeente*, ambtelijke fusie"
    ),
    Dossier.ARBEIDSMARKT: (
        "arbeidsmarkt, krapte op de arbeidsmarkt, werkgelegenheid, participatiewet,"
        " re integratie, werk en inkomen, banenafspraak, arbeidsparticipatie"
    ),
    Dossier.DIENSTVERLENING: (
        "dienstverlening, dienstverleningsconcept, burgerzaken, klantcontact*,"
        " klantenservice, publiekszaken, servicenormen, loket*"
    ),
}

CERTIFICATES: dict[Certificate, str] = {
    Certificate.CRISISCOMMUNICATIE: "crisiscommunicat*",
    Certificate.STRATEGISCHE_COMMUNICATIE: "strategische communicat*",
    Certificate.STAKEHOLDERMANAGEMENT: "stakeholder*",
    Certificate.GEDRAGSVERANDERING: "gedragsverander*",
    Certificate.PARTICIPATIE: "participatie*",
    Certificate.POLITIEK_BESTUURLIJKE_SENSITIVITEIT: (
        "politiek bestuurlijk*, politieke en bestuurlijke sensitiviteit, bestuurlijke sensitiviteit"
    ),
    Certificate.LEIDERSCHAP: "leiderschap*",
    Certificate.PRINCE2: "prince2, prince 2, prince ii",
}

# Words that look like one of the above and are something else.
MISLEADING = (
    "arbeidsparticipatie, participatiewet, inwonerszorg, zorg dat, zorg ervoor, zorg voor, met zorg,"
    " team wonen, online vergader*, online kennismak*,"
    " online gesprek, online intake, online sollicit*, event uel*, eventuele*, eventueel*, eventjes,"
    " cultuurverandering, organisatiecultuur, natuurlijk, evenement van,"
    " spoorboek*, boerenverstand, bodemprijs, dijkstra, dijkman, dijkhuis, klimaatneutraal kantoor,"
    " schoolvakantie, webinar, videobell*, videogesprek*"
)
