using System.Buffers.Binary;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>What a piece of a SentencePiece vocabulary is; numbers as in the format.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>The content of a SentencePiece <c>tokenizer.model</c> (a protocol buffer).</summary>
internal sealed class SentencePieceModel
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private readonly string _file;

    private SentencePieceModel(string file) => _file = file;

    public List<(string Text, float Score, PieceKind Kind)> Pieces { get; } = [];

    /// <summary>Unigram, or else BPE.</summary>
    public bool Unigram { get; private set; } = true;

    public bool ByteFallback { get; private set; }

    /// <summary>What an unknown piece decodes to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhitespaces { get; private set; } = true;

    public bool EscapeWhitespaces { get; private set; } = true;

    public byte[] CharacterMap { get; private set; } = [];

    public int? UnknownId { get; private set; }

    public int? BosId { get; private set; } = 1;

    public int? EosId { get; private set; } = 2;

    /// <exception cref="BadInputException">Not a sound model of kind BPE or Unigram.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> bytes, string file)
    {
        var model = new SentencePieceModel(file);
        model.Message(bytes, model.TopField);
        model.Check();
        return model;
    }

    private delegate void FieldReader(int field, ulong number, ReadOnlySpan<byte> content);

    private void TopField(int field, ulong number, ReadOnlySpan<byte> content)
    {
        if (field == 1)
            Pieces.Add(Piece(content));
        else if (field == 2)
            Message(content, TrainerField);
        else if (field == 3)
            Message(content, NormalizerField);
    }

    private (string Text, float Score, PieceKind Kind) Piece(ReadOnlySpan<byte> bytes)
    {
        var (text, score, kind) = ("", 0f, PieceKind.Normal);
        Message(bytes, (field, number, content) =>
        {
            if (field == 1)
                text = Text(content, $"piece {Pieces.Count}");
            else if (field == 2)
                score = BitConverter.UInt32BitsToSingle((uint)number);
            else if (field == 3)
                kind = (PieceKind)number;
        });
        if (text.Length == 0 || !Enum.IsDefined(kind) || float.IsNaN(score))
            throw new BadInputException($"{_file}: piece {Pieces.Count} ('{text}', score {score}, type {(int)kind}) is damaged.");
        return (text, score, kind);
    }

    private void TrainerField(int field, ulong number, ReadOnlySpan<byte> content)
    {
        switch (field)
        {
            case 3:
                Unigram = number switch
                {
                    1 => true,
                    2 => false,
                    _ => throw new BadInputException($"{_file}: model type {number} is not supported; 1 (unigram) or 2 (BPE) is needed."),
                };
                break;
            case 35:
                ByteFallback = number != 0;
                break;
            case 41:
                BosId = Id(number);
                break;
            case 42:
                EosId = Id(number);
                break;
            case 44:
                UnknownSurface = Text(content, "unk_surface");
                break;
        }
    }

    private void NormalizerField(int field, ulong number, ReadOnlySpan<byte> content)
    {
        switch (field)
        {
            case 2:
                CharacterMap = content.ToArray();
                break;
            case 3:
                AddDummyPrefix = number != 0;
                break;
            case 4:
                RemoveExtraWhitespaces = number != 0;
                break;
            case 5:
                EscapeWhitespaces = number != 0;
                break;
        }
    }

    /// <summary>Ids are signed: -1 says that there is none.</summary>
    private static int? Id(ulong number) => unchecked((int)number) is >= 0 and var id ? id : null;

    private void Check()
    {
        if (Pieces.Count == 0)
            throw new BadInputException($"{_file} holds no pieces: it is not a SentencePiece model.");
        var seen = new HashSet<string>();
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (!seen.Add(Pieces[id].Text))
                throw new BadInputException($"{_file}: the piece '{Pieces[id].Text}' stands there twice.");
            if (Pieces[id].Kind == PieceKind.Unknown)
                UnknownId ??= id;
        }

        BosId = BosId < Pieces.Count && Pieces[BosId.Value].Kind == PieceKind.Control ? BosId : null;
        EosId = EosId < Pieces.Count && Pieces[EosId.Value].Kind == PieceKind.Control ? EosId : null;
    }

    private string Text(ReadOnlySpan<byte> utf8, string what)
    {
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new BadInputException($"{_file}: {what} is not UTF-8.", e);
        }
    }

    /// <summary>Reads the fields of one message; numbers of 32 and 64 bits come as their bits.</summary>
    private void Message(ReadOnlySpan<byte> bytes, FieldReader read)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var key = Varint(bytes, ref at);
            var (field, wire) = ((int)(key >> 3), (int)(key & 7));
            switch (wire)
            {
                case 0:
                    read(field, Varint(bytes, ref at), []);
                    break;
                case 1 when bytes.Length - at >= 8:
                    read(field, BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]), []);
                    at += 8;
                    break;
                case 5 when bytes.Length - at >= 4:
                    read(field, BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]), []);
                    at += 4;
                    break;
                case 2:
                    var length = Varint(bytes, ref at);
                    if (length > (ulong)(bytes.Length - at))
                        throw new BadInputException($"{_file}: a field of {length} bytes starts {bytes.Length - at} bytes before the end.");
                    read(field, 0, bytes.Slice(at, (int)length));
                    at += (int)length;
                    break;
                default:
                    throw new BadInputException($"{_file} is not a SentencePiece model: field {field} has wire type {wire} at byte {at}.");
            }
        }
    }

    private ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= bytes.Length)
                throw new BadInputException($"{_file} ends inside a number.");
            var b = bytes[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }

        throw new BadInputException($"{_file}: a number of more than ten bytes at byte {at}.");
    }
}
