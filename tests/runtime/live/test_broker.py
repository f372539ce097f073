import pytest

from armlet.errors import OptionError
from armlet.runtime.live.broker import find_broker


def test_address() -> None:
    broker = find_broker("mqtt://Broker.local/home/k%C3%BCche", {})
    assert (broker.host, broker.port, broker.topic) == ("broker.local", 1883, "home/küche")
    assert (broker.encrypted, broker.user, broker.password) == (False, None, None)
    assert broker.status_topic == "home/küche/status"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("mqtt://broker/a", "mqtt://broker:1883/a"),
        ("mqtts://broker/a", "mqtts://broker:8883/a"),
        ("mqtt://broker:99/a", "mqtt://broker:99/a"),
        ("mqtt://[::1]/a", "mqtt://[::1]:1883/a"),
        ("mqtt://küche/a", "mqtt://xn--kche-0ra:1883/a"),
        ("mqtts://me:secret@broker/a", "mqtts://broker:8883/a"),
    ],
)
def test_name_tells_no_secrets(address: str, name: str) -> None:
    broker = find_broker(address, {"ARMLET_MQTT_USER": "me", "ARMLET_MQTT_PASSWORD": "secret"})
    assert broker.name == name
    assert (broker.user, broker.password) == ("me", "secret")
    assert "secret" not in repr(broker)


def test_address_comes_before_the_environment() -> None:
    others = {"ARMLET_MQTT_USER": "other", "ARMLET_MQTT_PASSWORD": "other's"}
    broker = find_broker("mqtt://m%40e:s%3Aecret@broker/a", others)
    assert (broker.user, broker.password) == ("m@e", "s:ecret")
    assert find_broker("mqtt://me@broker/a", others).password == "other's"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("broker/a", "takes addresses of MQTT alone"),
        ("http://me:secret@broker/a", "takes addresses of MQTT alone"),
        ("mqtt:///a", "no good host and port"),
        ("mqtt://me:secret@broker:0/a", "no good host and port"),
        ("mqtt://me:secret@broker:65536/a", "no good host and port"),
        ("mqtt://me:secret@broker:port/a", "no good host and port"),
        ("mqtt://[::1/secret", "no good host and port"),
        (f"mqtt://{'secret' * 20}/a", "no good host and port"),
        ("mqtt://me:secret@broker", "has no topic"),
        ("mqtt://broker/", "has no topic"),
        ("mqtt://broker/a/#", "can't have"),
        ("mqtt://broker/+/a", "can't have"),
        ("mqtt://broker/%2B/a", "can't have"),
        ("mqtt://broker/a%00", "can't have"),
        ("mqtt://broker/a?secret", "can't have"),
        (f"mqtt://broker/{'secret' * 11_000}", "the topic is too long"),
        ("mqtt://broker/\udce9", "is no text; use UTF-8"),
        ("mqtt://:secret@broker/a", "a password for MQTT and no user; set ARMLET_MQTT_USER"),
    ],
)
def test_what_is_no_address_is_one_line_without_secrets(address: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        find_broker(address, {})
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
