#!/usr/bin/env python3
"""Draws the pictures and the documents of the demo municipality into seeds/demo/files.

Everything is made here, by this program, and given to everybody under CC0 1.0. It needs Pillow 12 and
reportlab 4 (PyPI), and the font DejaVu Sans (Debian: fonts-dejavu-core): documents that are PDF/A carry the
letters that they use, the others trust that every reader has Helvetica, and are a tenth as large. Run it in this folder; the same input gives the same pictures.
"""
import hashlib
import random
import re
from pathlib import Path

from PIL import Image, ImageCms, ImageDraw
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

DEMO = Path(__file__).resolve().parent.parent / "demo"
FILES = DEMO / "files"
ARCHIVED = ["statuto-comunale", "carta-dei-servizi", "modulo-accesso-agli-atti"]
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
WIDTH, HEIGHT = 1200, 800

SKIES = {"day": ((96, 164, 214), (226, 238, 242)), "evening": ((52, 54, 104), (244, 168, 112)), "winter": ((150, 170, 192), (236, 238, 242))}


def random_of(key):
    return random.Random(hashlib.sha256(key.encode()).digest())


def mixed(first, second, share):
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second))


def landscape(draw, chance, light):
    """Sky, two ranges of mountains, and the lake."""
    top, low = SKIES[light]
    bands = 28
    for band in range(bands):
        y = band * 470 // bands
        draw.rectangle((0, y, WIDTH, y + 470 // bands + 1), fill=mixed(top, low, band / bands))
    if light == "evening":
        draw.ellipse((820, 300, 940, 420), fill=(255, 226, 170))
    for depth, (base, rise, colour) in enumerate([(430, 260, (112, 138, 160)), (450, 170, (74, 108, 104))]):
        if light == "evening":
            colour = mixed(colour, (60, 40, 80), 0.5)
        points, x = [(0, 480)], -60
        while x < WIDTH + 60:
            points.append((x, base - chance.randrange(rise // 3, rise)))
            x += chance.randrange(70, 160)
        points.append((WIDTH, 480))
        draw.polygon(points, fill=colour)
        if depth == 0 or light == "winter":
            for x, y in points[1:-1]:
                if y < base - rise * 0.7:
                    draw.polygon([(x, y), (x - 26, y + 34), (x + 24, y + 30)], fill=(246, 248, 250))
    water = mixed((38, 98, 132), low, 0.18)
    draw.rectangle((0, 470, WIDTH, HEIGHT), fill=water)
    for _ in range(70):
        x, y = chance.randrange(WIDTH), chance.randrange(485, HEIGHT)
        length = chance.randrange(20, 120)
        draw.line((x, y, x + length, y), fill=mixed(water, low, chance.uniform(0.15, 0.5)), width=3)


def ground(draw, colour=(122, 150, 92), top=600):
    draw.polygon([(0, top + 30), (WIDTH // 2, top - 14), (WIDTH, top + 24), (WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)


def tree(draw, x, y, size, colour=(58, 104, 66)):
    draw.rectangle((x - size // 14, y - size // 3, x + size // 14, y), fill=(96, 72, 52))
    for dx, dy, radius in [(0, -0.75, 0.36), (-0.24, -0.5, 0.3), (0.24, -0.52, 0.3)]:
        cx, cy, r = x + dx * size, y + dy * size, radius * size
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour)


def house(draw, x, y, width, height, wall=(232, 214, 184), roof=(164, 82, 60), columns=5, storeys=2):
    draw.rectangle((x, y - height, x + width, y), fill=wall)
    draw.polygon([(x - 24, y - height), (x + width // 2, y - height - width // 6), (x + width + 24, y - height)], fill=roof)
    cell, row = width / columns, height / storeys
    for storey in range(storeys):
        for column in range(columns):
            left, top = x + column * cell + cell * 0.28, y - height + storey * row + row * 0.24
            if storey == storeys - 1 and column == columns // 2:
                draw.rectangle((left - 8, top, left + cell * 0.44 + 8, y), fill=(104, 70, 48))
                continue
            draw.rectangle((left, top, left + cell * 0.44, top + row * 0.5), fill=(84, 116, 140))
            draw.line((left + cell * 0.22, top, left + cell * 0.22, top + row * 0.5), fill=wall, width=4)


def boat(draw, x, y, size, sail=(248, 244, 232)):
    draw.polygon([(x - size, y), (x + size, y), (x + size * 0.7, y + size * 0.34), (x - size * 0.7, y + size * 0.34)], fill=(132, 62, 48))
    draw.line((x, y, x, y - size * 1.7), fill=(84, 60, 44), width=7)
    draw.polygon([(x + 8, y - size * 1.65), (x + 8, y - 14), (x + size * 0.9, y - 14)], fill=sail)
    draw.polygon([(x - 8, y - size * 1.4), (x - 8, y - 14), (x - size * 0.6, y - 14)], fill=mixed(sail, (200, 90, 70), 0.25))


def lamps(draw, chance, y):
    for x in range(40, WIDTH, 76):
        sag = 26 * (1 - abs((x % 300) - 150) / 150)
        draw.ellipse((x - 9, y + sag - 9, x + 9, y + sag + 9), fill=chance.choice([(255, 214, 120), (244, 132, 96), (250, 240, 210)]))


def stall(draw, x, y, colour):
    draw.rectangle((x, y - 120, x + 190, y), fill=(120, 84, 58))
    draw.rectangle((x + 16, y - 100, x + 174, y - 52), fill=(252, 216, 140))
    for stripe in range(6):
        left = x - 14 + stripe * 218 // 6
        shade = colour if stripe % 2 == 0 else (246, 242, 234)
        draw.polygon([(left, y - 120), (left + 218 // 6, y - 120), (x + 95 + (stripe - 2) * 22, y - 186), (x + 95 + (stripe - 3) * 22, y - 186)], fill=shade)


def stage(draw):
    draw.rectangle((0, 0, WIDTH, HEIGHT), fill=(48, 20, 24))
    draw.rectangle((150, 90, WIDTH - 150, 600), fill=(96, 70, 50))
    for band in range(14):
        draw.ellipse((300 + band * 18, 180 + band * 14, 900 - band * 18, 560 - band * 8), fill=mixed((96, 70, 50), (250, 220, 160), band / 14))
    for side in (0, 1):
        for fold in range(7):
            x = 60 + fold * 42 if side == 0 else WIDTH - 102 - fold * 42
            draw.rectangle((x, 40, x + 42, 640), fill=mixed((150, 28, 36), (88, 14, 24), fold % 2 * 0.6 + fold * 0.03))
    draw.rectangle((0, 0, WIDTH, 70), fill=(168, 132, 70))
    draw.rectangle((0, 620, WIDTH, 650), fill=(128, 92, 58))
    for row in range(3):
        for seat in range(14):
            x, y = 30 + seat * 84 + row % 2 * 30, 670 + row * 52
            draw.rounded_rectangle((x, y, x + 66, y + 70), 16, fill=mixed((140, 30, 38), (60, 12, 18), row * 0.3))


def draw_picture(key):
    chance = random_of(key)
    image = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    if "sala" in key:
        stage(draw)
        return image
    light = "evening" if "festa" in key or "mercatino" in key else "winter" if "cimitero" in key else "day"
    landscape(draw, chance, light)
    if "porto" in key or "festa" in key or "barche" in key:
        for place in range(7 if "festa" in key else 4):
            boat(draw, 140 + place * (150 if "festa" in key else 260), 560 + chance.randrange(0, 140), chance.randrange(60, 110), chance.choice([(248, 244, 232), (232, 188, 96), (214, 108, 84)]))
        if "porto" in key:
            draw.rectangle((0, 700, WIDTH, HEIGHT), fill=(150, 138, 122))
            for x in range(30, WIDTH, 150):
                draw.rectangle((x, 660, x + 22, 720), fill=(96, 80, 66))
        if "festa" in key:
            lamps(draw, chance, 60)
        return image
    ground(draw)
    if "parco" in key:
        for x in (90, 210, 980, 1110):
            tree(draw, x, 690 + chance.randrange(60), chance.randrange(210, 290), (96, 142, 72))
        draw.polygon([(560, HEIGHT), (640, HEIGHT), (622, 600), (600, 600)], fill=(214, 198, 164))
        if "giochi" in key:
            draw.line((400, 720, 460, 540), fill=(196, 60, 56), width=12)
            draw.line((520, 720, 460, 540), fill=(196, 60, 56), width=12)
            draw.line((460, 540, 760, 540), fill=(196, 60, 56), width=12)
            draw.line((700, 720, 760, 540), fill=(196, 60, 56), width=12)
            draw.line((820, 720, 760, 540), fill=(196, 60, 56), width=12)
            for x in (540, 660):
                draw.line((x, 540, x, 664), fill=(70, 70, 76), width=5)
                draw.rectangle((x - 34, 660, x + 34, 674), fill=(60, 110, 170))
    elif "mercatino" in key:
        for place, colour in enumerate([(178, 40, 48), (40, 96, 72), (178, 40, 48), (52, 78, 130)]):
            stall(draw, 70 + place * 285, 730, colour)
        tree(draw, 610, 640, 330, (32, 74, 56))
        lamps(draw, chance, 520)
    elif "raccolta" in key:
        for place, colour in enumerate([(52, 96, 164), (214, 184, 56), (60, 126, 76), (134, 92, 60), (120, 124, 130)]):
            x = 90 + place * 212
            draw.rounded_rectangle((x, 560, x + 170, 740), 14, fill=colour)
            draw.rectangle((x - 8, 540, x + 178, 570), fill=mixed(colour, (20, 20, 20), 0.3))
    elif "autobus" in key:
        draw.rectangle((0, 690, WIDTH, HEIGHT), fill=(92, 94, 98))
        draw.rounded_rectangle((240, 500, 900, 700), 26, fill=(226, 170, 54))
        for window in range(6):
            draw.rectangle((270 + window * 104, 530, 356 + window * 104, 600), fill=(76, 108, 134))
        for x in (360, 780):
            draw.ellipse((x - 46, 660, x + 46, 752), fill=(40, 42, 46))
            draw.ellipse((x - 18, 688, x + 18, 724), fill=(170, 172, 176))
    elif "cimitero" in key:
        house(draw, 480, 700, 240, 190, (226, 222, 214), (120, 120, 128), 3, 1)
        for x in (120, 240, 900, 1040):
            draw.polygon([(x, 380), (x + 52, 720), (x - 52, 720)], fill=(44, 78, 62))
    else:
        walls = {"municipio": (236, 206, 156), "biblioteca": (222, 200, 190), "museo": (208, 204, 196), "villa": (240, 226, 190), "teatro": (226, 190, 170), "scuola": (238, 206, 140), "asilo": (244, 220, 150), "palestra": (196, 208, 214), "comando": (212, 218, 222), "sede": (226, 214, 196)}
        wall = next((colour for word, colour in walls.items() if word in key), (230, 214, 188))
        columns = chance.choice([5, 7])
        width = columns * 100
        left = (WIDTH - width) // 2
        house(draw, left, 710, width, 270 if "asilo" not in key else 160, wall, (164, 82, 60), columns, 2 if "asilo" not in key else 1)
        if "municipio" in key:
            draw.rectangle((left + width // 2 - 60, 240, left + width // 2 + 60, 440), fill=mixed(wall, (120, 90, 60), 0.15))
            draw.polygon([(left + width // 2 - 76, 240), (left + width // 2, 150), (left + width // 2 + 76, 240)], fill=(140, 66, 52))
            draw.ellipse((left + width // 2 - 36, 280, left + width // 2 + 36, 352), fill=(250, 248, 240))
            draw.line((left + width // 2, 316, left + width // 2, 290), fill=(40, 40, 44), width=5)
            draw.line((left + width // 2, 316, left + width // 2 + 20, 324), fill=(40, 40, 44), width=5)
        for x in (80, 1110):
            tree(draw, x, 740, 250)
    return image


def draw_crest():
    """A silver tower above three blue waves, as the coat of arms is described; one can see through what is around."""
    image = Image.new("RGBA", (600, 720), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    shield = [(40, 40), (560, 40), (560, 420), (300, 690), (40, 420)]
    draw.polygon(shield, fill=(176, 32, 44, 255))
    for wave in range(3):
        y = 430 + wave * 62
        for x in range(60, 560, 80):
            draw.arc((x, y, x + 80, y + 60), 180, 360, fill=(96, 176, 226, 255), width=16)
    draw.rectangle((210, 170, 390, 440), fill=(222, 226, 232, 255))
    for x in (200, 262, 324, 386):
        draw.rectangle((x, 130, x + 30, 180), fill=(222, 226, 232, 255))
    draw.rectangle((200, 168, 400, 200), fill=(222, 226, 232, 255))
    draw.pieslice((262, 330, 338, 480), 180, 360, fill=(70, 74, 84, 255))
    draw.rectangle((262, 404, 338, 440), fill=(70, 74, 84, 255))
    draw.line([*shield, shield[0]], fill=(190, 152, 70, 255), width=14)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(shield, fill=255)
    image.putalpha(Image.composite(image.getchannel("A"), Image.new("L", image.size, 0), mask))
    return image


def conform(document, title):
    """What ISO 19005-2, level B, asks for beside embedded letters: metadata, and what the colours mean."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colours = PDFStream(PDFDictionary({"N": 3}), profile)
    intent = PDFDictionary({"Type": PDFName("OutputIntent"), "S": PDFName("GTS_PDFA1"), "OutputConditionIdentifier": PDFString("sRGB"), "DestOutputProfile": document.Reference(colours)})
    xmp = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title.replace('&', '&amp;')}</rdf:li></rdf:Alt></dc:title>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
    metadata = PDFStream(PDFDictionary({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")}), xmp.encode(), filters=[])
    document.Catalog.OutputIntents = PDFArray([intent])
    document.Catalog.Metadata = document.Reference(metadata)


def write_document(path, title, is_form):
    is_archived = path.stem in ARCHIVED
    font = "DejaVu" if is_archived else "Helvetica"
    pdfdoc.PDFCatalog.__NoDefault__ = list(dict.fromkeys([*pdfdoc.PDFCatalog.__NoDefault__, "OutputIntents", "Metadata", "Lang"]))
    sheet = canvas.Canvas(str(path), pagesize=A4, invariant=1, pageCompression=1)
    sheet.setTitle(title)
    sheet.setAuthor("Comune di Montelago")
    width, height = A4
    sheet.setFillColorRGB(0.69, 0.13, 0.17)
    sheet.rect(0, height - 18, width, 18, fill=1, stroke=0)
    sheet.setFillColorRGB(0.1, 0.1, 0.12)
    sheet.setFont(font, 10)
    sheet.drawString(56, height - 60, "Comune di Montelago")
    sheet.setFont(font, 16)
    y = height - 100
    for line in wrapped(title, 48):
        sheet.drawString(56, y, line)
        y -= 22
    sheet.setFont(font, 10)
    y -= 14
    if is_form:
        intro = "Compila il modulo in stampatello e consegnalo allo sportello, oppure invialo per posta elettronica certificata con una copia del documento di identità."
        labels = ["Nome e cognome", "Codice fiscale", "Luogo e data di nascita", "Residenza", "Telefono", "Posta elettronica", "Oggetto della richiesta", "Data", "Firma"]
    else:
        intro = "Testo del documento del Comune di Montelago, un comune inventato: serve a provare il catalogo dei servizi e dei documenti, e non ha alcun valore."
        labels = []
    for line in wrapped(intro, 84):
        sheet.drawString(56, y, line)
        y -= 15
    y -= 12
    for label in labels:
        sheet.drawString(56, y, label)
        sheet.setStrokeColorRGB(0.55, 0.55, 0.58)
        sheet.line(210, y - 3, width - 56, y - 3)
        y -= 32
    if not is_form:
        for number, text in enumerate(["Oggetto e finalità", "Ambito di applicazione", "Uffici responsabili", "Termini e modalità", "Pubblicazione ed entrata in vigore"], 1):
            sheet.drawString(56, y, f"Articolo {number} – {text}")
            y -= 17
            for line in wrapped("Le disposizioni di questo articolo si applicano nel territorio del Comune, nel rispetto della legge e dello statuto comunale.", 84):
                sheet.drawString(56, y, line)
                y -= 15
            y -= 10
    if is_archived:
        conform(sheet._doc, title)
    sheet._doc.Catalog.Lang = PDFString("it-IT")
    sheet.save()


def wrapped(text, most):
    line, lines = "", []
    for word in text.split():
        if line and len(line) + 1 + len(word) > most:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]


def main():
    FILES.mkdir(exist_ok=True)
    rl_config.invariant = 1
    pdfmetrics.registerFont(TTFont("DejaVu", FONT))
    for asset in sorted((DEMO / "assets").glob("*.yaml")):
        text = asset.read_text()
        source = re.search(r"^  source: (\S+)$", text, re.M).group(1)
        title = re.search(r"^title: *(?:\{it: )?\"?([^\n\"]+?)\"?(?:, (?:de|en): .*)?$|^  it: \"?([^\n\"]+?)\"?$", text, re.M)
        title = title.group(1) or title.group(2)
        path = FILES / source
        if source.endswith(".pdf"):
            write_document(path, title, source.startswith("modulo"))
        elif "stemma" in source:
            draw_crest().save(path, "WEBP", lossless=True, quality=100, method=6)
        else:
            draw_picture(path.stem).save(path, "WEBP", quality=58, method=6)


if __name__ == "__main__":
    main()
