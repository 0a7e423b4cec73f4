"""Files of a bank, made for tests: statements of any version, rejections."""

from collections.abc import Iterable

ACCOUNT = "FR1420041010050500013M02606"


def entry(
    amount: str,
    way: str = "CRDT",
    *,
    details: str = "",
    status: str = "<Cd>BOOK</Cd>",
    day: str = "2026-11-20",
    extra: str = "",
) -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{extra}<Sts>{status}</Sts><BookgDt><Dt>{day}</Dt></BookgDt>'
        f"<ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>REF1</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>"
    )


def transfer(name: str = "", iban: str = "", text: str = "", *, end_to_end: str = "NOTPROVIDED", amount: str = "", party: bool = False,
             mandate: str = "", reason: str = "", reference: str = "") -> str:  # fmt: skip
    named = f"<Pty><Nm>{name}</Nm></Pty>" if party else f"<Nm>{name}</Nm>"
    parts = [
        f"<Refs><EndToEndId>{end_to_end}</EndToEndId>{f'<MndtId>{mandate}</MndtId>' if mandate else ''}</Refs>",
        f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>' if amount else "",
        f"<RltdPties><Dbtr>{named}</Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct></RltdPties>"
        if name or iban
        else "",
        "<RmtInf>" if text or reference else "",
        f"<Ustrd>{text}</Ustrd>" if text else "",
        f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else "",
        "</RmtInf>" if text or reference else "",
        f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else "",
    ]
    return f"<TxDtls>{''.join(parts)}</TxDtls>"


def statement(entries: Iterable[str], *, version: str = "camt.053.001.08", opening: str = "", closing: str = "", prefix: str = "",
              identity: str = "STMT-1", account: str = ACCOUNT) -> bytes:  # fmt: skip
    tags = {"camt.052": ("BkToCstmrAcctRpt", "Rpt"), "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
    root, one = tags.get(version[:8], ("BkToCstmrStmt", "Stmt"))
    balance = '<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>'
    balances = (balance.format("OPBD", opening) if opening else "") + (
        balance.format("CLBD", closing) if closing else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prefix}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><{root}><GrpHdr/>'
        f"<{one}><Id>{identity}</Id><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{''.join(entries)}</{one}></{root}></Document>"
    ).encode()


def rejections(pairs: Iterable[tuple[str, str, str]], *, whole: str = "PART", message_id: str = "CHAPPE-12") -> bytes:
    """pain.002: (end-to-end id, reason, amount)."""
    rows = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{ref}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
        for ref, reason, amount in pairs
    )
    return (
        '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr/>'
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><GrpSts>{whole}</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}-1</OrgnlPmtInfId>{rows}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()
