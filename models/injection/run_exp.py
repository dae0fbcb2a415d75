
import sys, time, random, numpy as np
sys.path.insert(0,'.')
import features
from train import *
D='/work/shared/data'
if len(sys.argv)>2: features.GRAMS=tuple(map(int,sys.argv[2]))
ALPHA=float(sys.argv[1]) if len(sys.argv)>1 else 1e-6
t=time.time()
base=shared(D)
d,p=build(D,1,hold_out=(0,4,False),scale=0.5)
hd,hp=build(D,2,hold_out=(0,4,True),scale=0.12)
print(len(d),len(p),len(hd),len(hp),round(time.time()-t))
rd=real(D,REAL_DIRECT,1); rb=real(D,REAL_BENIGN,0)
neg_tr,neg_te,pos_tr,pos_te=[],[],[],[]
for n,e in rb.items():
    a,b=halves(e); neg_tr+=a; neg_te+=b
te={}
for n,e in rd.items():
    a,b=halves(e); pos_tr+=a; te[n]=b
tr_t,te_t=halves(base['translations'])
tr_w,te_w=halves(base['tweets'])
tr_l,te_l=halves(base['library'])
m,cal=train_group('direct',d,[(neg_tr,2.0),(pos_tr,1.0),(tr_t,.3),(tr_w,.3),(tr_l,.2)],ALPHA)
print('mix',m.mix, round(time.time()-t))
neg=m.score(neg_te); hard=[e for e in hd if e.label==0]
print('neg',len(neg_te))
for n,e in te.items(): print(' in-dist',n,len(e),recall_at(neg,m.score(e)))
hn=m.score(hard)
for l in LANGUAGES:
    pos=[e for e in hd if e.label==1 and e.language==l]; ng=[e for e in hard if e.language==l]
    if pos and ng:
        sp,sn=m.score(pos),m.score(ng)
        print('  held-out templates',l,'own-lang R@1%%: %.3f'%recall_at(sn,sp)[0],' at real thr: R %.3f FPR %.3f'%((sp>np.quantile(neg,.99)).mean(),(sn>np.quantile(neg,.99)).mean()),'auc %.3f'%auc(sn,sp))
thr=np.quantile(neg,.99)
for n,e in [('transl',te_t),('tweets',te_w),('library',te_l)]:
    print('  FPR',n,(m.score(e)>thr).mean())
del m
nd=[e for e in p if True]
m,cal=train_group('planted',p,[(tr_t,1.0),(tr_w,1.0),(tr_l,1.0),(base['emails'][:30],3.0),([corpus.plant(None,'en',random.Random(i),*base['contexts'][i%900],real=t.split(chr(10))[0]) for i,t in enumerate(corpus.load(D,'si_seed')*5)],1.0)],ALPHA)
print('mix',m.mix, round(time.time()-t))
gneg=[e for e in hp if e.label==0]
docs={'emails':base['emails'][30:],'gen en':[e for e in gneg if e.language=='en'],'gen other':[e for e in gneg if e.language!='en'],'library':te_l,'tweets':te_w,'transl':te_t}
ns={k:m.score(v) for k,v in docs.items()}
allneg=np.concatenate([ns['emails'],ns['gen en'],ns['library'],ns['tweets'][:200]])
thr=np.quantile(allneg,.99); print('thr',thr,{k:round(float((v>thr).mean()),3) for k,v in ns.items()})
for n in REAL_PLANTED:
    e=planted_real(D,n,9,4); s=m.score(e); print(' LOSO planted',n,'R %.3f auc %.3f'%((s>thr).mean(),auc(allneg,s)))
    e=real(D,[n],1)[n]; print('   alone %.3f'%((m.score(e)>thr).mean()))
for l in LANGUAGES:
    pos=[e for e in hp if e.label==1 and e.language==l]; ng=[e for e in gneg if e.language==l]
    sp,sn=m.score(pos),m.score(ng)
    print('  held-out templates',l,'own R@1%% %.3f'%recall_at(sn,sp)[0],'at thr R %.3f FPR %.3f'%((sp>thr).mean(),(sn>thr).mean()))

print('library FPs')
sc=ns['library']
for i in np.argsort(-sc)[:12]:
    e=te_l[i]; segs=features.segments(features.normalise(e.text))
    ex=[Example([(s,False)],'','en') for s in segs]+[Example([(a+b,False)],'','en') for a,b in zip(segs,segs[1:])]
    pp=m.parts(ex)[:,0]; j=int(np.argmax(pp)); print(round(float(sc[i]),2),round(float(pp[j]),2),repr(ex[j].text[:150]))
e=planted_real(D,'bipia_text_train',9,2); s=m.score(e)
for i in np.argsort(s)[::6]: print(round(float(s[i]),2), repr([t for t,b in e[i].parts if b][0][:100]))
