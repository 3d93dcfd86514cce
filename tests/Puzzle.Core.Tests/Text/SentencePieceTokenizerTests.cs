using Puzzle.Core.Text;

namespace Puzzle.Core.Tests.Text;

public class SentencePieceTokenizerTests
{
    private const string Name = "tok512";

    [Fact]
    public void Ids_equal_the_reference() => GoldenTokens.AssertEncodes(Load(), Name, "ids", addSpecial: false, parseSpecial: true);

    [Fact]
    public void Ids_with_BOS_equal_the_reference() => GoldenTokens.AssertEncodes(Load(), Name, "ids_special", addSpecial: true, parseSpecial: true);

    [Fact]
    public void Decoded_text_equals_the_reference()
    {
        GoldenTokens.AssertDecodes(Load(), Name, "encode.jsonl", "decoded", skipSpecial: false);
        GoldenTokens.AssertDecodes(Load(), Name, "decode.jsonl", "decoded", skipSpecial: false);
        GoldenTokens.AssertDecodes(Load(), Name, "decode.jsonl", "decoded_skip", skipSpecial: true);
    }

    [Fact]
    public void Saving_keeps_the_model_and_writes_a_tokenizer_with_the_same_ids()
    {
        using var target = new TemporaryFolder();
        Load().Save(target.Path);
        Assert.Equal(File.ReadAllBytes(File_), File.ReadAllBytes(Path.Combine(target.Path, "tokenizer.model")));
        GoldenTokens.AssertSurvivesSaving(Load(), Name);
    }

    [Fact]
    public void Special_tokens_are_parsed_where_a_folder_declares_them()
    {
        using var folder = new TemporaryFolder();
        File.Copy(File_, Path.Combine(folder.Path, "tokenizer.model"));
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer_config.json"), """{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": false}""");
        var tokenizer = Tokenizers.Load(folder.Path);
        Assert.Equal([1, .. Load().Encode("Once"), 2], tokenizer.Encode("<s>Once</s>", addSpecial: true));
        Assert.Equal(Load().Encode("<s>Once</s>"), tokenizer.Encode("<s>Once</s>", parseSpecial: false));
        GoldenTokens.AssertSurvivesSaving(tokenizer, Name);
    }

    private static string File_ => Shared.Path("models", "stories260K", "tok512.model");

    private static ITokenizer Load() => Tokenizers.Load(File_);
}
