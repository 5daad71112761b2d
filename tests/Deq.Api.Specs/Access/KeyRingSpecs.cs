using Deq.Api.Access;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Access;

public sealed class KeyRingSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _logging;

    public KeyRingSpecs()
    {
        Directory.CreateDirectory(_folder.Path);
        _logging = LoggerFactory.Create(logging => logging.AddProvider(_log));
    }

    private string File => _folder["keys.json"];

    public void Dispose()
    {
        _logging.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Knows_keys_by_their_hash_with_roles_and_weight()
    {
        Write("""[{"name":"bob","sha256":"HASH","roles":["infer","manage"],"weight":3}]""", "secret");
        KeyRing keys = Open();

        AccessKey key = keys.Find("secret")!;

        Assert.Equal(("bob", Roles.Infer | Roles.Manage, 3), (key.Name, key.Roles, key.Weight));
        Assert.Equal(3, keys.WeightOf(Caller.Of(key).Client));
        Assert.Equal(1, keys.WeightOf("address 127.0.0.1"));
        Assert.Null(keys.Find("Secret"));
        Assert.Null(keys.Find(""));
    }

    [Fact]
    public void Knows_what_a_key_may_take()
    {
        Write("""[{"name":"bob","sha256":"HASH","requests":2,"bytesPerSecond":3,"pixelsPerSecond":4,"evaluationsPerSecond":5}]""", "secret");

        KeyQuota quota = Open().QuotaOf(Caller.Of(Open().Find("secret")!).Client);

        Assert.Equal(new KeyQuota { Requests = 2, BytesPerSecond = 3, PixelsPerSecond = 4, EvaluationsPerSecond = 5 }, quota);
        Assert.Equal(KeyQuota.None, Open().QuotaOf("address 127.0.0.1"));
    }

    [Fact]
    public void Reads_its_file_again_where_it_is_a_link_and_what_that_leads_to_is_exchanged()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few people make links.");
        foreach (string version in new[] { "one", "two" })
        {
            Directory.CreateDirectory(_folder[version]);
            Write("""[{"name":"bob","sha256":"HASH"}]""", version);
            System.IO.File.Move(File, Path.Combine(_folder[version], "keys.json"));
        }

        System.IO.File.SetLastWriteTimeUtc(Path.Combine(_folder["two"], "keys.json"), DateTime.UtcNow.AddMinutes(1));
        Directory.CreateSymbolicLink(_folder["data"], _folder["one"]);
        System.IO.File.CreateSymbolicLink(File, Path.Combine("data", "keys.json"));
        KeyRing keys = Open();
        bool isOld = keys.Find("one") is not null;

        Directory.Delete(_folder["data"]);
        Directory.CreateSymbolicLink(_folder["data"], _folder["two"]);
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.True(isOld);
        Assert.NotNull(keys.Find("two"));
        Assert.Null(keys.Find("one"));
    }

    [Fact]
    public void Reads_its_file_again_within_a_second_or_two_and_keeps_what_it_had_where_it_cannot()
    {
        Write("""[{"name":"bob","sha256":"HASH"}]""", "one");
        KeyRing keys = Open();

        Write("""[{"name":"bob","sha256":"HASH"} ]""", "two");
        bool isOldAtOnce = keys.Find("one") is not null;
        _clock.Advance(TimeSpan.FromSeconds(2));
        bool isNew = keys.Find("two") is not null && keys.Find("one") is null;
        Write("""[{"name":""", "three");
        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.True(isOldAtOnce);
        Assert.True(isNew);
        Assert.NotNull(keys.Find("two"));
    }

    [Fact]
    public void Reads_a_changed_file_as_soon_as_it_can_be_read_and_says_once_that_it_could_not_be()
    {
        Write("""[{"name":"bob","sha256":"HASH"}]""", "one");
        KeyRing keys = Open();
        Write("""[{"name":"bob","sha256":"HASH"} ]""", "two");

        AccessKey?[] meanwhile;
        using (new FileStream(File, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            meanwhile = [.. Enumerable.Range(0, 3).Select(_ => FindLater(keys, "one"))];
        }

        AccessKey? now = FindLater(keys, "two");

        Assert.All(meanwhile, key => Assert.NotNull(key));
        Assert.NotNull(now);
        Assert.Null(keys.Find("one"));
        Assert.Contains("could not be read again", Assert.Single(_log.All), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_once_what_is_wrong_with_a_changed_file_and_again_where_that_changes()
    {
        Write("""[{"name":"bob","sha256":"HASH"}]""", "one");
        KeyRing keys = Open();

        Write("""[{"name":"bob","sha256":"12"}]""", "");
        FindLater(keys, "one");
        FindLater(keys, "one");
        string[] first = _log.All;
        Write("""[{"name":"bob","sha256":"12"} ]""", "");
        FindLater(keys, "one");
        FindLater(keys, "one");

        Assert.Contains("64 hexadecimal digits", Assert.Single(first), StringComparison.Ordinal);
        Assert.Equal(2, _log.All.Length);
    }

    [Theory]
    [InlineData("""[{"name":"bob","sha256":"12"}]""")]
    [InlineData("""[{"name":"","sha256":"HASH"}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","roles":["root"]}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","roles":[]}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","weight":0}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","requests":0}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","pixelsPerSecond":2000000000}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH"},{"name":"bob","sha256":"HASH"}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","key":"secret"}]""")]
    [InlineData("null")]
    [InlineData("""[null]""")]
    [InlineData("""[{"name":null,"sha256":"HASH"}]""")]
    [InlineData("""[{"name":"bob","sha256":null}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","roles":[null]}]""")]
    [InlineData("""[{"name":"bob","sha256":"HASH","roles":["manage"],"roles":["infer"]}]""")]
    [InlineData("""{}""")]
    [InlineData("")]
    public void Keeps_the_server_from_starting_with_a_file_that_has_a_fault(string json)
    {
        Write(json, "secret");

        StartupException fault = Assert.Throws<StartupException>(() => Open());

        Assert.Contains(File, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret\"", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_every_key_of_its_file_that_has_a_fault()
    {
        Write("""[{"name":"ann","sha256":"12"},{"name":"bob","sha256":"HASH","weight":0,"requests":0},{"name":"cid","sha256":"HASH"},{"name":"cid","sha256":"HASH"}]""", "secret");

        StartupException fault = Assert.Throws<StartupException>(() => Open());

        Assert.All(
            ["sha256 of 'ann'", "a limit of the key 'bob'", "the key 'bob' needs", "the name 'cid' is given to 2 keys"],
            part => Assert.Contains(part, Assert.Single(fault.Faults), StringComparison.Ordinal));
    }

    private void Write(string json, string key) => System.IO.File.WriteAllText(File, json.Replace("HASH", AccessControlSpecs.Hash(key), StringComparison.Ordinal));

    /// <summary>Looks for a key once the file is looked at again.</summary>
    private AccessKey? FindLater(KeyRing keys, string shown)
    {
        _clock.Advance(TimeSpan.FromSeconds(2));
        return keys.Find(shown);
    }

    private KeyRing Open() => new(
        new AccessSettings { Keys = [], KeysFile = File, Tokens = null, Guesses = 20 }, _clock, _logging.CreateLogger<KeyRing>());
}
