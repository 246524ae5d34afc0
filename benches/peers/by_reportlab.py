"""The invoice by ReportLab's Platypus. Everything that invoices share is made once: fonts, styles, logo."""

from contextlib import contextmanager
from html import escape
from importlib.metadata import version
from io import BytesIO

from fields import FONTS, LOGO, fields, picture


@contextmanager
def reportlab():
    from reportlab.lib.colors import HexColor
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Image, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, Table
    from svglib.svglib import svg2rlg

    pdfmetrics.registerFont(TTFont("Noto", str(FONTS / "NotoSans-Regular.ttf")))
    pdfmetrics.registerFont(TTFont("Noto-Bold", str(FONTS / "NotoSans-Bold.ttf")))
    pdfmetrics.registerFontFamily("Noto", normal="Noto", bold="Noto-Bold")
    logo = svg2rlg(str(LOGO))
    scale = 14 * mm / logo.height
    logo.scale(scale, scale)
    logo.width, logo.height = logo.width * scale, logo.height * scale

    ink, muted, rule, accent = (HexColor(color) for color in ("#16232b", "#5a6872", "#d3dade", "#14323f"))
    body = ParagraphStyle("body", fontName="Noto", fontSize=9, leading=12, textColor=ink)
    small = ParagraphStyle("small", body, fontSize=8, leading=10.5)
    foot = ParagraphStyle("foot", body, fontSize=7, leading=9, textColor=muted)
    title = ParagraphStyle("title", body, fontSize=19, leading=24, textColor=accent, spaceBefore=8 * mm, spaceAfter=4 * mm)
    heading = ParagraphStyle("heading", body, fontName="Noto-Bold", textColor=accent, spaceBefore=5 * mm, spaceAfter=2 * mm)

    left, right, width = 25 * mm, 20 * mm, A4[0] - 45 * mm
    side = 74 * mm
    plain = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0)]
    pairs = plain + [
        ("FONT", (0, 0), (-1, -1), "Noto", 9), ("TEXTCOLOR", (0, 0), (0, -1), muted), ("TEXTCOLOR", (1, 0), (1, -1), ink),
        ("ALIGN", (1, 0), (1, -1), "RIGHT"), ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
    due = pairs + [
        ("FONT", (0, 0), (-1, -1), "Noto-Bold", 12), ("BACKGROUND", (0, 0), (-1, -1), HexColor("#f0f4f5")),
        ("TEXTCOLOR", (0, 0), (-1, -1), accent), ("LEFTPADDING", (0, 0), (0, -1), 8), ("RIGHTPADDING", (-1, 0), (-1, -1), 8),
        ("TOPPADDING", (0, 0), (-1, -1), 6), ("BOTTOMPADDING", (0, 0), (-1, -1), 10),
    ]
    lines = plain + [
        ("FONT", (0, 0), (-1, 0), "Noto-Bold", 9), ("FONT", (0, 1), (-1, -1), "Noto", 9),
        ("TEXTCOLOR", (0, 0), (-1, 0), accent), ("TEXTCOLOR", (0, 1), (-1, -1), ink),
        ("ALIGN", (2, 0), (-1, -1), "RIGHT"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, rule),
        ("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    payment = plain + [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("RIGHTPADDING", (1, 0), (1, 0), 8),
        ("LINEABOVE", (0, 0), (-1, 0), 0.5, rule), ("LINEBELOW", (0, 0), (-1, -1), 0.5, rule),
    ]

    def paragraph(style, *texts, strong=""):
        """A line each; `strong` goes first and stands out."""
        markup = ([f"<b>{escape(strong)}</b>"] if strong else []) + [escape(text) for text in texts]
        return Paragraph("<br/>".join(markup), style)

    class Numbered(Canvas):
        """Pages that say how many there are: kept back until that is known."""

        page = "{page} / {pages}"

        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self.kept = []

        def showPage(self):
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self):
            kept = self.kept
            for state in kept:
                self.__dict__.update(state)
                self.setFont("Noto", 7)
                self.setFillColor(muted)
                text = self.page.format(page=self._pageNumber, pages=len(kept))
                self.drawRightString(left + width, 26 * mm - 7 * mm - 25, text)
                super().showPage()
            super().save()

    def make(view):
        invoice = fields(view)
        imprint = paragraph(foot, *invoice.footer)
        _, height = imprint.wrap(width - 56 * mm, 26 * mm)

        def footer(canvas, _):
            top = 26 * mm - 7 * mm
            canvas.page = invoice.page
            canvas.setStrokeColor(rule)
            canvas.setLineWidth(0.5)
            canvas.line(left, top, left + width, top)
            imprint.drawOn(canvas, left, top - 7 - height)
            canvas.setFont("Noto", 7)
            canvas.setFillColor(muted)
            canvas.drawRightString(left + width, top - 14, invoice.footer_title)

        name, *address = invoice.seller
        customer, *place = invoice.buyer
        code = Image(picture(invoice.code), 30 * mm, 30 * mm)
        story = [
            Table(
                [
                    [logo, [paragraph(small, *address, strong=name), Spacer(1, 4), paragraph(small, *invoice.contact)]],
                    [paragraph(body, *place, strong=customer), Table(invoice.meta, [side * 0.4, side * 0.6], style=pairs)],
                ],
                [width - side, side], [32 * mm, None], style=plain,
            ),
            Paragraph(f"<b>{escape(invoice.title)}</b> {escape(invoice.number)}", title),
            LongTable(
                [invoice.columns, *((id, paragraph(body, item), *rest) for id, item, *rest in invoice.lines)],
                [10 * mm, width - 101 * mm, 22 * mm, 25 * mm, 18 * mm, 26 * mm], style=lines, repeatRows=1,
            ),
            KeepTogether([
                Spacer(1, 4 * mm),
                Table(invoice.sums, [side * 0.7, side * 0.3], hAlign="RIGHT", style=pairs),
                Spacer(1, 3 * mm),
                Table([invoice.due], [side * 0.55, side * 0.45], hAlign="RIGHT", style=due),
            ]),
            KeepTogether([
                paragraph(heading, invoice.payment),
                Table(
                    [[code, paragraph(body, *invoice.terms), Table(invoice.account, [side * 0.35, side * 0.65], style=pairs)]],
                    [34 * mm, width - 34 * mm - side, side], style=payment,
                ),
            ]),
            paragraph(heading, invoice.notes_title),
            *(paragraph(body, note) for note in invoice.notes),
        ]
        file = BytesIO()
        SimpleDocTemplate(
            file, pagesize=A4, leftMargin=left - 6, rightMargin=right - 6, topMargin=15 * mm - 6, bottomMargin=26 * mm,
            title=invoice.footer_title, author=name, lang=invoice.language,
        ).build(story, onFirstPage=footer, onLaterPages=footer, canvasmaker=Numbered)
        return file.getvalue()

    yield f"ReportLab {version('reportlab')}, untagged", make
