using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Text;

public class HuggingFaceTokenizerTests
{
    public static TheoryData<string> Names => ["smollm2", "tinystories-656K"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_equal_the_reference(string name) => GoldenTokens.AssertEncodes(Load(name), name, "ids", addSpecial: false, parseSpecial: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_with_the_post_processor_equal_the_reference(string name) =>
        GoldenTokens.AssertEncodes(Load(name), name, "ids_special", addSpecial: true, parseSpecial: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_with_special_tokens_as_plain_text_equal_the_reference(string name) =>
        GoldenTokens.AssertEncodes(Load(name), name, "ids_plain", addSpecial: false, parseSpecial: false);

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoded_text_equals_the_reference(string name)
    {
        foreach (var file in new[] { "encode.jsonl", "decode.jsonl" })
        {
            GoldenTokens.AssertDecodes(Load(name), name, file, "decoded", skipSpecial: false);
            GoldenTokens.AssertDecodes(Load(name), name, file, "decoded_skip", skipSpecial: true);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Saving_keeps_the_files_byte_for_byte(string name)
    {
        using var target = new TemporaryFolder();
        Load(name).Save(target.Path);
        foreach (var file in Directory.GetFiles(Folder(name), "*tokeni*.json"))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(target.Path, Path.GetFileName(file))));
        GoldenTokens.AssertSurvivesSaving(Load(name), name);
    }

    [Fact]
    public void Special_tokens_are_read_from_the_configuration()
    {
        var tokenizer = Load("tinystories-656K");
        Assert.Equal((1, 2, true, 2048), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos, tokenizer.VocabSize));
        Assert.Equal("<|start_story|>", tokenizer.TokenText(1));
        Assert.Null(tokenizer.TokenText(99999));
    }

    [Fact]
    public void Tokens_have_their_text() => Assert.Equal(" t", Load("smollm2").TokenText(Load("smollm2").Encode(" t")[0]));

    private static string Folder(string name) => name == "smollm2" ? Shared.Path("golden", "tokenizers", name) : Shared.Path("models", name);

    private static ITokenizer Load(string name) => Tokenizers.Load(Folder(name));
}
