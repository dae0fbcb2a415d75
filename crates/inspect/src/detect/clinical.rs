//! Drugs and conditions: words that make a person beside them a patient. Data.
//!
//! Drugs by their international nonproprietary names, from the WHO Model List of Essential Medicines (23rd list, 2023) and the
//! medicines prescribed most in the United States; conditions from the chapters of ICD-10, in the words of everyday letters.

/// International nonproprietary names in lower case.
#[rustfmt::skip]
pub(super) const DRUGS: &[&str] = &[
    "abacavir", "abiraterone", "acetaminophen", "acetazolamide", "acetylsalicylic", "aciclovir", "acyclovir", "adalimumab", "albendazole", "albuterol", "alendronate",
    "allopurinol", "alprazolam", "amantadine", "amikacin", "amiloride", "amiodarone", "amitriptyline", "amlodipine", "amoxicillin", "amphotericin", "ampicillin", "anastrozole",
    "apixaban", "aripiprazole", "artemether", "artesunate", "asparaginase", "atazanavir", "atenolol", "atomoxetine", "atorvastatin", "atropine", "azathioprine", "azithromycin",
    "baclofen", "beclometasone", "bedaquiline", "benazepril", "bendamustine", "benzathine", "benztropine", "bevacizumab", "bicalutamide", "biperiden", "bisoprolol", "bleomycin",
    "bortezomib", "budesonide", "bumetanide", "buprenorphine", "bupropion", "buspirone", "calcitriol", "canagliflozin", "candesartan", "capecitabine", "carbamazepine", "carbidopa",
    "carboplatin", "carvedilol", "cefalexin", "cefazolin", "cefepime", "cefixime", "cefotaxime", "ceftazidime", "ceftriaxone", "cefuroxime", "celecoxib", "cephalexin", "cetirizine",
    "chlorambucil", "chloroquine", "chlorpromazine", "chlorthalidone", "ciclosporin", "cilostazol", "ciprofloxacin", "cisplatin", "citalopram", "clarithromycin", "clindamycin",
    "clobetasol", "clofazimine", "clomifene", "clomipramine", "clonazepam", "clonidine", "clopidogrel", "clotrimazole", "cloxacillin", "clozapine", "codeine", "colchicine",
    "cyclobenzaprine", "cyclophosphamide", "cycloserine", "cytarabine", "dabigatran", "dacarbazine", "daclatasvir", "dapagliflozin", "dapsone", "darunavir", "dasatinib", "daunorubicin",
    "deferasirox", "delamanid", "desmopressin", "desvenlafaxine", "dexamethasone", "dexmethylphenidate", "diazepam", "diclofenac", "dicyclomine", "digoxin", "diltiazem",
    "diphenhydramine", "divalproex", "docetaxel", "dolutegravir", "donepezil", "doxazosin", "doxepin", "doxorubicin", "doxycycline", "dulaglutide", "duloxetine", "dutasteride",
    "efavirenz", "eflornithine", "empagliflozin", "emtricitabine", "enalapril", "enoxaparin", "entecavir", "epoetin", "eplerenone", "ergocalciferol", "erlotinib", "erythromycin",
    "escitalopram", "esomeprazole", "estradiol", "eszopiclone", "etanercept", "ethambutol", "ethionamide", "etonogestrel", "etoposide", "everolimus", "ezetimibe", "famotidine",
    "febuxostat", "felodipine", "fenofibrate", "fentanyl", "fexofenadine", "filgrastim", "finasteride", "flecainide", "fluconazole", "flucytosine", "fludarabine", "fludrocortisone",
    "fluorouracil", "fluoxetine", "fluphenazine", "fluticasone", "formoterol", "furosemide", "gabapentin", "ganciclovir", "gemcitabine", "gentamicin", "glecaprevir", "glibenclamide",
    "gliclazide", "glimepiride", "glipizide", "glyburide", "griseofulvin", "guaifenesin", "guanfacine", "haloperidol", "hydralazine", "hydrochlorothiazide", "hydrocodone", "hydrocortisone",
    "hydroxychloroquine", "hydroxycarbamide", "hydroxyzine", "ibuprofen", "ifosfamide", "imatinib", "imipramine", "infliximab", "insulin", "ipratropium", "irbesartan", "irinotecan",
    "isoniazid", "isosorbide", "itraconazole", "ivermectin", "ketoconazole", "ketorolac", "labetalol", "lamivudine", "lamotrigine", "lansoprazole", "latanoprost", "ledipasvir",
    "leflunomide", "lenalidomide", "letrozole", "leuprorelin", "levetiracetam", "levocetirizine", "levodopa", "levofloxacin", "levonorgestrel", "levothyroxine", "linagliptin", "linezolid",
    "liraglutide", "lisdexamfetamine", "lisinopril", "lithium carbonate", "lopinavir", "loratadine", "lorazepam", "losartan", "lovastatin", "lurasidone", "mebendazole", "meclizine",
    "medroxyprogesterone", "mefloquine", "meloxicam", "melphalan", "memantine", "mercaptopurine", "meropenem", "mesalazine", "metformin", "methadone", "methimazole", "methocarbamol",
    "methotrexate", "methyldopa", "methylphenidate", "methylprednisolone", "metoclopramide", "metoprolol", "metronidazole", "miconazole", "midazolam", "mifepristone", "miltefosine",
    "mirtazapine", "misoprostol", "modafinil", "mometasone", "montelukast", "morphine", "moxifloxacin", "mupirocin", "mycophenolate", "nabumetone", "naloxone", "naltrexone", "naproxen",
    "nebivolol", "nevirapine", "niclosamide", "nifedipine", "nilotinib", "nitazoxanide", "nitrofurantoin", "nitroglycerin", "nivolumab", "norethisterone", "nortriptyline", "nystatin",
    "olanzapine", "olmesartan", "omeprazole", "ondansetron", "oseltamivir", "oxaliplatin", "oxcarbazepine", "oxybutynin", "oxycodone", "oxytocin", "paclitaxel", "paliperidone",
    "pantoprazole", "paracetamol", "paroxetine", "pembrolizumab", "penicillin", "phenobarbital", "phentermine", "phenytoin", "pioglitazone", "piperacillin", "pramipexole", "prasugrel",
    "pravastatin", "praziquantel", "prazosin", "prednisolone", "prednisone", "pregabalin", "primaquine", "procarbazine", "prochlorperazine", "progesterone", "promethazine", "propranolol",
    "propylthiouracil", "pyrazinamide", "pyridostigmine", "quetiapine", "quinapril", "raloxifene", "raltegravir", "ramipril", "ranitidine", "ranolazine", "ribavirin", "rifabutin", "rifampicin",
    "rifapentine", "risperidone", "ritonavir", "rituximab", "rivaroxaban", "rizatriptan", "ropinirole", "rosuvastatin", "sacubitril", "salbutamol", "salmeterol", "semaglutide", "sertraline",
    "sevelamer", "sildenafil", "simvastatin", "sitagliptin", "sofosbuvir", "solifenacin", "spironolactone", "streptomycin", "sulfamethoxazole", "sulfasalazine", "sumatriptan", "tacrolimus",
    "tadalafil", "tamoxifen", "tamsulosin", "telmisartan", "temazepam", "tenofovir", "terazosin", "terbinafine", "testosterone", "tetracycline", "thalidomide", "ticagrelor", "timolol",
    "tiotropium", "tirzepatide", "tizanidine", "tolterodine", "topiramate", "torsemide", "tramadol", "tranexamic", "trastuzumab", "trazodone", "tretinoin", "triamcinolone", "triamterene",
    "trihexyphenidyl", "trimethoprim", "valaciclovir", "valacyclovir", "valganciclovir", "valproate", "valproic", "valsartan", "vancomycin", "varenicline", "venlafaxine", "verapamil",
    "vinblastine", "vincristine", "vinorelbine", "voriconazole", "warfarin", "zidovudine", "ziprasidone", "zoledronic", "zolpidem", "zonisamide",
];

/// Conditions in lower case, of four letters or more. Everyday words that mean more than an illness are left out.
#[rustfmt::skip]
pub(super) const CONDITIONS: &[&str] = &[
    "addison's disease", "adenocarcinoma", "alcohol use disorder", "alzheimer", "amputation of", "amyotrophic", "anaemia", "anaphylaxis", "anemia", "aneurysm", "angina pectoris", "anorexia nervosa",
    "anxiety disorder", "aortic stenosis", "appendicitis", "arrhythmia", "arthritis", "asperger", "asthma", "atherosclerosis", "atrial fibrillation", "autism spectrum", "bipolar disorder",
    "bowel cancer", "brain tumor", "brain tumour", "breast cancer", "bronchitis", "bulimia", "carcinoma", "cardiomyopathy", "cataract", "celiac disease", "coeliac", "cerebral palsy", "cervical cancer",
    "chlamydia", "chronic kidney", "chronic obstructive", "cirrhosis", "colitis", "colon cancer", "colorectal cancer", "congestive heart", "coronary artery", "crohn", "cystic fibrosis",
    "deep vein thrombosis", "dementia", "dermatitis", "diabetes", "diabetic", "dialysis", "diverticulitis", "down syndrome", "eczema", "emphysema", "encephalitis", "endocarditis", "endometriosis",
    "epilepsy", "epileptic", "fibromyalgia", "gallstones", "gastritis", "gastroenteritis", "gestational", "glaucoma", "glioblastoma", "gonorrhea", "gonorrhoea", "guillain", "haemophilia", "hemophilia",
    "heart attack", "heart failure", "hepatitis", "herpes", "hiv positive", "hiv-positive", "hiv infection", "hodgkin", "huntington's", "hydrocephalus", "hyperlipidemia", "hypertension", "hyperthyroid", "hypothyroid",
    "infertility", "irritable bowel", "ischemic", "ischaemic", "kidney failure", "leukaemia", "leukemia", "liver failure", "lung cancer", "lupus erythematosus", "lyme disease", "lymphoma", "macular degeneration",
    "major depressive", "malaria", "melanoma", "meningitis", "mesothelioma", "metastatic", "migraine", "miscarriage", "multiple myeloma", "multiple sclerosis", "muscular dystrophy", "myasthenia", "myocardial",
    "narcolepsy", "nephritis", "neuropathy", "obesity", "obsessive-compulsive disorder", "opioid use disorder", "osteoarthritis", "osteoporosis", "ovarian cancer", "pancreatic cancer", "pancreatitis", "parkinson's",
    "peptic ulcer", "pericarditis", "pneumonia", "polycystic", "post-traumatic stress", "preeclampsia", "prostate cancer", "psoriasis", "psychosis", "ptsd", "pulmonary embolism", "renal failure", "retinopathy",
    "rheumatoid", "sarcoidosis", "sarcoma", "schizophrenia", "sciatica", "scoliosis", "sepsis", "sickle cell", "sjögren", "sleep apnea", "sleep apnoea", "spina bifida", "stillbirth", "substance use disorder",
    "suicidal", "syphilis", "thrombosis", "thyroiditis", "tinnitus", "transplant recipient", "tuberculosis", "tumor marker", "tumour marker", "ulcerative colitis", "urinary tract infection", "uterine fibroids", "vasculitis",
    "schlaganfall", "herzinfarkt", "krebserkrankung", "bluthochdruck", "depressive episode", "infarto", "cáncer de", "cancer du", "diabète", "hipertensión", "insuficiencia renal", "tumore al", "câncer de", "糖尿病", "高血压", "高血圧", "диабет", "гипертони", "онколог",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn a_person_beside_a_drug_or_a_condition_is_a_patient() {
        check("bob@example.com takes metformin", &["phi.patient", "pii.email"]);
        check("diabetes mellitus, born 1980-03-04", &["phi.patient", "pii.date_of_birth"]);
        check("Asthma; AHV 756.9217.0769.85", &["phi.patient", "pii.national_id"]);
    }

    #[test]
    fn drugs_and_conditions_alone_are_nobody() {
        check("Metformin is the first drug in diabetes.", &[]);
        check("How is asthma treated with salbutamol?", &[]);
    }
}
