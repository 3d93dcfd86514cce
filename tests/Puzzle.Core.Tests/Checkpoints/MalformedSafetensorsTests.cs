using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Tests.Checkpoints;

public class MalformedSafetensorsTests
{
    private const string Sound = """{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}""";
    private const int SoundData = 22;

    [Fact]
    public void TheControlIsSound() => Assert.Null(Open(File(Sound, SoundData)));

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(7ul)]
    [InlineData(100_000_001ul)]
    [InlineData(1ul << 31)]
    [InlineData((1ul << 31) - 1)]
    [InlineData(1ul << 32)]
    [InlineData(1ul << 40)]
    [InlineData(long.MaxValue)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue - 8)]
    [InlineData(ulong.MaxValue)]
    public void WrongHeaderLengthsAreRefused(ulong length)
    {
        var file = File(Sound, SoundData);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Assert.NotNull(Open(file));
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        var file = File(Sound, SoundData);
        for (var length = 0; length < file.Length; length++)
            Assert.NotNull(Open(file[..length]));
    }

    [Theory]
    [InlineData("F128")]
    [InlineData("f32")]
    [InlineData("F4")]
    [InlineData("")]
    [InlineData("F32 ")]
    [InlineData("F8_E8M0")]
    [InlineData("C64")]
    [InlineData("U16")]
    public void UnknownTypesAreRefused(string dtype) => Assert.NotNull(Open(File(Sound.Replace("BF16", dtype, StringComparison.Ordinal), SoundData)));

    [Theory]
    [InlineData("F64")]
    [InlineData("F32")]
    [InlineData("I64")]
    [InlineData("I8")]
    [InlineData("U8")]
    [InlineData("BOOL")]
    [InlineData("F8_E4M3")]
    public void TypesOfAnotherSizeAreRefused(string dtype) => Assert.NotNull(Open(File(Sound.Replace("BF16", dtype, StringComparison.Ordinal), SoundData)));

    [Theory]
    [InlineData("[2]")]
    [InlineData("[]")]
    [InlineData("[4]")]
    [InlineData("[-3]")]
    [InlineData("[3.0]")]
    [InlineData("[\"3\"]")]
    [InlineData("[null]")]
    [InlineData("[[3]]")]
    [InlineData("3")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[9223372036854775807]")]
    [InlineData("[9223372036854775808]")]
    [InlineData("[18446744073709551619]")]
    [InlineData("[4294967296,4294967296]")]
    [InlineData("[4294967296,4294967296,4294967296,4294967296]")]
    [InlineData("[3,0]")]
    [InlineData("[1e1]")]
    [InlineData("[-1,-3]")]
    [InlineData("[99999999999999999999999999999999999999]")]
    public void WrongShapesAreRefused(string shape) => Assert.NotNull(Open(File(Sound.Replace("[3]", shape, StringComparison.Ordinal), SoundData)));

    [Theory]
    [InlineData("[0,6]")]
    [InlineData("[15,21]")]
    [InlineData("[17,23]")]
    [InlineData("[16,21]")]
    [InlineData("[16,23]")]
    [InlineData("[22,16]")]
    [InlineData("[-6,0]")]
    [InlineData("[16]")]
    [InlineData("[]")]
    [InlineData("[16,22,22]")]
    [InlineData("[16.0,22.0]")]
    [InlineData("[\"16\",\"22\"]")]
    [InlineData("[9223372036854775801,9223372036854775807]")]
    [InlineData("[18446744073709551610,18446744073709551616]")]
    [InlineData("[4294967312,4294967318]")]
    [InlineData("null")]
    [InlineData("{\"begin\":16,\"end\":22}")]
    public void WrongOffsetsAreRefused(string offsets) => Assert.NotNull(Open(File(Sound.Replace("[16,22]", offsets, StringComparison.Ordinal), SoundData)));

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("0")]
    [InlineData("\"a\"")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"a\":[]}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[0]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"shape\":[0],\"data_offsets\":[0,0]}}")]
    [InlineData("{\"__metadata__\":[]}")]
    [InlineData("{\"__metadata__\":{\"a\":{}}}")]
    [InlineData("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}")]
    [InlineData("{\"a\\ud800\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}")]
    [InlineData("{\"__metadata__\":{\"a\":\"\\udc00\"}}")]
    [InlineData("{'a':1}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{/* */}")]
    [InlineData("{\"a\":NaN}")]
    public void WrongHeadersAreRefused(string header) => Assert.NotNull(Open(File(header, 0)));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(1000)]
    public void BytesBehindTheLastTensorAreRefused(int bytes) => Assert.NotNull(Open(File(Sound, SoundData + bytes)));

    [Fact]
    public void ChangedBytesAreReadOrRefusedButNothingElse()
    {
        var sound = File(Sound, SoundData);
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte).List[1, 4].Sample(changes =>
        {
            var file = sound.ToArray();
            foreach (var (at, value) in changes)
                file[at] = value;
            Open(file);
        }, iter: 3000, threads: 1);
    }

    private static byte[] File(string header, int dataBytes)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        json.CopyTo(file, 8);
        return file;
    }

    private static BadInputException? Open(byte[] content)
    {
        using var folder = new TemporaryFolder();
        return Malformed.Open(folder.File("model.safetensors", content), path =>
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var (name, tensor) in file.Tensors)
            {
                if (tensor.Type is StoredType.F32 or StoredType.BF16)
                    file.Read(name, new float[tensor.Count]);
            }
        });
    }
}
