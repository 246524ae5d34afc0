import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.logging.LogManager;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Has veraPDF check each PDF that a list names against PDF/A-3a and PDF/UA-1, in one virtual machine. */
public class Verify {
    private static final List<PDFAFlavour> FLAVOURS = List.of(PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1);

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset(); // veraPDF's own warnings; what counts is in the results
        VeraGreenfieldFoundryProvider.initialise();
        List<String> files = Files.readAllLines(Path.of(arguments[0]));
        if (files.isEmpty()) {
            throw new IllegalStateException("there is nothing to verify");
        }
        proveThatItCanFail(Files.readAllBytes(Path.of(files.get(0))));
        int failed = 0;
        for (String file : files) {
            byte[] document = Files.readAllBytes(Path.of(file));
            var problems = new ArrayList<String>();
            for (PDFAFlavour flavour : FLAVOURS) {
                problems.addAll(problems(document, flavour));
            }
            System.out.println((problems.isEmpty() ? "ok     " : "FAILED ") + file);
            problems.forEach(problem -> System.out.println("       " + problem));
            failed += problems.isEmpty() ? 0 : 1;
        }
        System.out.println(files.size() - failed + " of " + files.size() + " documents are valid PDF/A-3a and PDF/UA-1");
        System.exit(failed == 0 ? 0 : 1);
    }

    /** The rules that a document breaks, each with its first place. */
    private static List<String> problems(byte[] document, PDFAFlavour flavour) throws Exception {
        var problems = new TreeMap<String, String>();
        try (var parser = Foundries.defaultInstance().createParser(new ByteArrayInputStream(document), flavour);
                var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            for (TestAssertion assertion : result.getTestAssertions()) {
                var rule = assertion.getRuleId();
                String name = rule.getSpecification().getId() + ", " + rule.getClause() + "-" + rule.getTestNumber();
                problems.putIfAbsent(name, name + ": " + assertion.getMessage() + " At: " + assertion.getLocation().getContext());
            }
            if (!result.isCompliant() && problems.isEmpty()) {
                problems.put("", flavour.getId() + ": not compliant, and no reason given");
            }
        }
        return List.copyOf(problems.values());
    }

    /** A document that no longer says that it is tagged must be refused by both; else every "ok" would mean nothing. */
    private static void proveThatItCanFail(byte[] document) throws Exception {
        String text = new String(document, StandardCharsets.ISO_8859_1);
        byte[] untagged = text.replace("/MarkInfo", "/MarkNone").getBytes(StandardCharsets.ISO_8859_1);
        for (PDFAFlavour flavour : FLAVOURS) {
            if (problems(untagged, flavour).isEmpty()) {
                throw new IllegalStateException("an untagged document passes as " + flavour.getId());
            }
        }
    }
}
